-- Languages in which a nomenclature has fewer codes than in another: editions of different days, or a cut-off file.
WITH counted AS (
    SELECT
        nomenclature_record,
        nomenclature_code,
        edition,
        language_code,
        count(DISTINCT goods_code || ' ' || line_suffix) AS codes_count
    FROM {{ ref('stg_nomenclature') }}
    WHERE nomenclature_record IN ('TEXT', 'TARIC_LINE')
    GROUP BY nomenclature_record, nomenclature_code, edition, language_code
),

fullest AS (
    SELECT
        nomenclature_record,
        nomenclature_code,
        edition,
        max(codes_count) AS codes_count
    FROM counted
    GROUP BY nomenclature_record, nomenclature_code, edition
)

SELECT
    'nomenclature' AS feed,
    counted.edition AS period,
    counted.nomenclature_code || ' in ' || counted.language_code AS subject,
    'fewer codes than in another language' AS finding,
    cast(fullest.codes_count AS DOUBLE) AS expected_value,
    cast(counted.codes_count AS DOUBLE) AS found_value
FROM counted
INNER JOIN fullest
    ON
        counted.nomenclature_record = fullest.nomenclature_record
        AND counted.nomenclature_code = fullest.nomenclature_code
        AND counted.edition = fullest.edition
WHERE counted.codes_count < fullest.codes_count
ORDER BY period, subject
