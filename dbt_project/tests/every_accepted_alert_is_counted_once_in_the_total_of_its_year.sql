WITH accepted AS (
    SELECT
        'RASFF' AS alert_system,
        count(DISTINCT notification_reference) AS alerts_count
    FROM {{ ref('stg_rasff') }}
    UNION ALL
    SELECT
        'SAFETY_GATE' AS alert_system,
        count(DISTINCT alert_number) AS alerts_count
    FROM {{ ref('stg_safety_gate') }}
),

published AS (
    SELECT
        alert_system,
        sum(alerts_count) AS alerts_count
    FROM {{ ref('mart_alerts') }}
    WHERE freq = 'A' AND origin_country = '_T' AND hazard_code = '_T'
    GROUP BY alert_system
)

SELECT
    accepted.alert_system,
    accepted.alerts_count AS accepted_alerts,
    published.alerts_count AS published_alerts
FROM accepted
LEFT JOIN published
    ON accepted.alert_system = published.alert_system
WHERE accepted.alerts_count <> coalesce(published.alerts_count, 0)
