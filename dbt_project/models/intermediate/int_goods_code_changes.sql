-- Changes of CN codes from one year to the next, each with the year of the same code's change before it.
WITH changes AS (
    SELECT DISTINCT
        goods_code,
        target_code,
        cast(left(edition, 4) AS BIGINT) AS from_year,
        cast(right(edition, 4) AS BIGINT) AS to_year
    FROM {{ ref('stg_nomenclature') }}
    WHERE nomenclature_record = 'CONCORDANCE' AND nomenclature_code = 'CN'
),

years AS (
    SELECT
        goods_code,
        from_year,
        lag(from_year) OVER (PARTITION BY goods_code ORDER BY from_year) AS previous_from_year
    FROM changes
    GROUP BY goods_code, from_year
)

SELECT
    changes.goods_code,
    changes.target_code,
    changes.from_year,
    changes.to_year,
    years.previous_from_year
FROM changes
INNER JOIN years
    ON changes.goods_code = years.goods_code AND changes.from_year = years.from_year
