-- When each customs office was there, by language of its name; the offices are one list.
WITH offices AS (
    SELECT
        *,
        'COL' AS list_name
    FROM {{ ref('stg_customs_offices') }}
),

periods AS (
    {{ validity_periods(
        'offices',
        ['list_name'],
        ['office_id', 'office_country_code', 'language_code'],
        'office_name',
    ) }}
)

SELECT
    office_id,
    office_country_code,
    language_code,
    office_name,
    valid_from,
    valid_to
FROM periods
