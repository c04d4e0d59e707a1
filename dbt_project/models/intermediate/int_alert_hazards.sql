-- Alerts with each category of hazard (RASFF) or type of risk (Safety Gate); _X where none is named or known.
WITH hazard_names AS (
    {{ names_of('hazard_category', 'alias_hazard_category') }}
),

risk_names AS (
    {{ names_of('product_risk', 'alias_product_risk') }}
),

named_hazards AS (
    SELECT
        notification_reference AS alert_id,
        {{ each_of('hazard_categories') }} AS name
    FROM {{ ref('int_rasff_alerts') }}
),

named_risks AS (
    SELECT
        alert_number AS alert_id,
        {{ each_of('risk_types') }} AS name
    FROM {{ ref('int_safety_gate_alerts') }}
)

SELECT DISTINCT
    'RASFF' AS alert_system,
    alerts.notification_reference AS alert_id,
    coalesce(hazard_names.code, '_X') AS hazard_code
FROM {{ ref('int_rasff_alerts') }} AS alerts
LEFT JOIN named_hazards
    ON alerts.notification_reference = named_hazards.alert_id
LEFT JOIN hazard_names
    ON lower(trim(named_hazards.name)) = hazard_names.name
UNION ALL
SELECT DISTINCT
    'SAFETY_GATE' AS alert_system,
    alerts.alert_number AS alert_id,
    coalesce(risk_names.code, '_X') AS hazard_code
FROM {{ ref('int_safety_gate_alerts') }} AS alerts
LEFT JOIN named_risks
    ON alerts.alert_number = named_risks.alert_id
LEFT JOIN risk_names
    ON lower(trim(named_risks.name)) = risk_names.name
