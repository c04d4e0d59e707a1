-- Alerts by country of origin and hazard, by month (RASFF) and year (RASFF and Safety Gate, which gives no dates). An
-- alert with two origins or hazards is in both cells and once in the totals (_T).
WITH alerts AS (
    SELECT
        origins.alert_system,
        origins.alert_id,
        origins.alert_month,
        origins.alert_year,
        origins.origin_country,
        hazards.hazard_code
    FROM {{ ref('int_alert_origins') }} AS origins
    INNER JOIN {{ ref('int_alert_hazards') }} AS hazards
        ON origins.alert_system = hazards.alert_system AND origins.alert_id = hazards.alert_id
),

periods AS (
    SELECT
        alert_system,
        'M' AS freq,
        alert_month AS time_period,
        origin_country,
        hazard_code,
        alert_id
    FROM alerts
    WHERE alert_month IS NOT NULL
    UNION ALL
    SELECT
        alert_system,
        'A' AS freq,
        alert_year AS time_period,
        origin_country,
        hazard_code,
        alert_id
    FROM alerts
)

SELECT
    alert_system,
    freq,
    time_period,
    coalesce(origin_country, '_T') AS origin_country,
    coalesce(hazard_code, '_T') AS hazard_code,
    count(DISTINCT alert_id) AS alerts_count
FROM periods
GROUP BY alert_system, freq, time_period, CUBE (origin_country, hazard_code)
ORDER BY alert_system, freq, time_period, origin_country, hazard_code
