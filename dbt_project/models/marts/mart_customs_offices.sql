-- How many customs offices each country has in the newest snapshot, in all (_T) and by role (an office has several).
WITH newest AS (
    SELECT max(snapshot_date) AS snapshot_date FROM {{ ref('stg_customs_offices') }}
),

offices AS (
    SELECT
        offices.snapshot_date,
        offices.office_country_code,
        offices.office_id,
        offices.office_roles
    FROM {{ ref('stg_customs_offices') }} AS offices
    INNER JOIN newest
        ON offices.snapshot_date = newest.snapshot_date
),

roles AS (
    SELECT
        snapshot_date,
        office_country_code,
        office_id,
        {{ each_of('office_roles') }} AS office_role
    FROM offices
    UNION ALL
    SELECT
        snapshot_date,
        office_country_code,
        office_id,
        '_T' AS office_role
    FROM offices
)

SELECT
    snapshot_date,
    office_country_code,
    office_role,
    count(DISTINCT office_id) AS offices_count
FROM roles
GROUP BY snapshot_date, office_country_code, office_role
ORDER BY snapshot_date, office_country_code, office_role
