-- Links between nomenclatures that lead nowhere: changes of CN codes against the texts of each edition, and groups of
-- goods against the HS. An edition's file, a concordance or a group's edition is wrong or of another year.
WITH changes AS (
    SELECT
        goods_code,
        target_code,
        edition,
        year(valid_from) AS from_year
    FROM {{ ref('stg_nomenclature') }}
    WHERE nomenclature_record = 'CONCORDANCE'
),

texts AS (
    SELECT DISTINCT
        nomenclature_code,
        goods_code,
        cast(edition AS INTEGER) AS edition_year
    FROM {{ ref('stg_nomenclature') }}
    WHERE nomenclature_record = 'TEXT' AND nomenclature_code IN ('CN', 'HS')
),

editions AS (
    SELECT DISTINCT edition_year
    FROM texts
    WHERE nomenclature_code = 'CN'
),

-- A code is in force in a year if it was last led to, or led to itself, not led away from.
touched AS (
    SELECT
        editions.edition_year,
        changes.goods_code AS code,
        changes.from_year AS ended_in,
        cast(NULL AS BIGINT) AS began_in
    FROM changes
    INNER JOIN editions ON changes.from_year <= editions.edition_year
    UNION ALL
    SELECT
        editions.edition_year,
        changes.target_code AS code,
        cast(NULL AS BIGINT) AS ended_in,
        changes.from_year AS began_in
    FROM changes
    INNER JOIN editions ON changes.from_year <= editions.edition_year
),

states AS (
    SELECT
        edition_year,
        code,
        coalesce(max(began_in), 0) >= coalesce(max(ended_in), 0) AS is_in_force
    FROM touched
    GROUP BY edition_year, code
),

contradictions AS (
    SELECT
        states.edition_year,
        states.code,
        states.is_in_force
    FROM states
    LEFT JOIN texts
        ON
            texts.nomenclature_code = 'CN'
            AND states.edition_year = texts.edition_year
            AND states.code = texts.goods_code
    WHERE states.is_in_force = (texts.goods_code IS NULL)
),

alone AS (
    SELECT changes.*
    FROM changes
    LEFT JOIN changes AS others
        ON
            changes.edition = others.edition
            AND (changes.goods_code = others.goods_code OR changes.target_code = others.target_code)
            AND NOT (changes.goods_code = others.goods_code AND changes.target_code = others.target_code)
    WHERE changes.goods_code = changes.target_code AND others.goods_code IS NULL
),

groups_outside AS (
    SELECT
        goods.goods_group_list,
        count(*) AS codes_count
    FROM {{ ref('stg_nomenclature') }} AS goods
    LEFT JOIN texts
        ON goods.nomenclature_code = texts.nomenclature_code AND goods.goods_code = texts.goods_code
    WHERE
        goods.nomenclature_record = 'GROUP'
        AND texts.goods_code IS NULL
        AND goods.nomenclature_code IN (SELECT known.nomenclature_code FROM texts AS known)
    GROUP BY goods.goods_group_list
)

SELECT
    'nomenclature' AS feed,
    cast(edition_year AS STRING) AS period,
    'CN ' || code AS subject,
    CASE
        WHEN is_in_force THEN 'in force by the changes from year to year, but without a text'
        ELSE 'ended by the changes from year to year, but with a text'
    END AS finding,
    cast(NULL AS DOUBLE) AS expected_value,
    cast(NULL AS DOUBLE) AS found_value
FROM contradictions
UNION ALL
SELECT
    'nomenclature' AS feed,
    edition AS period,
    'CN ' || goods_code AS subject,
    'led to itself alone: a change that changes nothing' AS finding,
    cast(NULL AS DOUBLE) AS expected_value,
    cast(NULL AS DOUBLE) AS found_value
FROM alone
UNION ALL
SELECT
    'nomenclature' AS feed,
    '_Z' AS period,
    'group ' || goods_group_list AS subject,
    'codes that no edition here has: the group is of another edition' AS finding,
    cast(0 AS DOUBLE) AS expected_value,
    cast(codes_count AS DOUBLE) AS found_value
FROM groups_outside
ORDER BY period, subject
