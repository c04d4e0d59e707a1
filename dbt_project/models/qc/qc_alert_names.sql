-- Names in alerts that no codelist knows: they are counted under _X until an alias is added.
WITH country_names AS (
    {{ names_of('country', 'alias_country') }}
),

hazard_names AS (
    {{ names_of('hazard_category', 'alias_hazard_category') }}
),

told AS (
    SELECT
        'country of origin' AS kind,
        notification_reference AS alert_id,
        {{ each_of('origin_countries') }} AS name
    FROM {{ ref('int_rasff_alerts') }}
    UNION ALL
    SELECT
        'category of hazard' AS kind,
        notification_reference AS alert_id,
        {{ each_of('hazard_categories') }} AS name
    FROM {{ ref('int_rasff_alerts') }}
)

SELECT
    'rasff' AS feed,
    '_Z' AS period,
    told.kind || ' ' || told.name AS subject,
    'no codelist or alias has this name' AS finding,
    cast(0 AS DOUBLE) AS expected_value,
    cast(count(DISTINCT told.alert_id) AS DOUBLE) AS found_value
FROM told
LEFT JOIN country_names
    ON told.kind = 'country of origin' AND lower(trim(told.name)) = country_names.name
LEFT JOIN hazard_names
    ON told.kind = 'category of hazard' AND lower(trim(told.name)) = hazard_names.name
WHERE
    coalesce(country_names.code, hazard_names.code) IS NULL
    -- What the source writes where the origin is not known is no name.
    AND lower(trim(told.name)) <> 'unknown origin'
GROUP BY told.kind, told.name
ORDER BY subject
