-- The English text of each goods code, in the latest edition that has it.
SELECT
    goods_code,
    max_by(text, edition) AS product_text
FROM {{ ref('stg_nomenclature') }}
WHERE nomenclature_record = 'TEXT' AND nomenclature_code IN ('CN', 'HS') AND language_code = 'EN'
GROUP BY goods_code
