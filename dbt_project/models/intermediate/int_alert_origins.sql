-- Alerts with each of their countries of origin; _X where none is named or the name is unknown to the codelist.
WITH country_names AS (
    {{ names_of('country', 'alias_country') }}
),

named AS (
    SELECT
        notification_reference AS alert_id,
        {{ each_of('origin_countries') }} AS name
    FROM {{ ref('int_rasff_alerts') }}
),

rasff AS (
    SELECT DISTINCT
        'RASFF' AS alert_system,
        alerts.notification_reference AS alert_id,
        substr(cast(alerts.notification_date AS STRING), 1, 7) AS alert_month,
        substr(cast(alerts.notification_date AS STRING), 1, 4) AS alert_year,
        coalesce(country_names.code, '_X') AS origin_country
    FROM {{ ref('int_rasff_alerts') }} AS alerts
    LEFT JOIN named
        ON alerts.notification_reference = named.alert_id
    LEFT JOIN country_names
        ON lower(trim(named.name)) = country_names.name
)

SELECT * FROM rasff
UNION ALL
SELECT
    'SAFETY_GATE' AS alert_system,
    alert_number AS alert_id,
    cast(NULL AS STRING) AS alert_month,
    alert_year,
    coalesce(origin_country_code, '_X') AS origin_country
FROM {{ ref('int_safety_gate_alerts') }}
