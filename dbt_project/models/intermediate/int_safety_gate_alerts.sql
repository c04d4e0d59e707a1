-- One row per alert: every column from the rendering with measures where it tells it, else from that with barcodes.
{% set renderings = ['ALERTS_WITH_MEASURES', 'ALERTS_WITH_BARCODES'] %}
SELECT
    alert_number,
    {{ first_told('alert_year', renderings) }} AS alert_year,
    {{ first_told('alert_kind_code', renderings) }} AS alert_kind_code,
    {{ first_told('notifying_member', renderings) }} AS notifying_member,
    {{ first_told('origin_country_code', renderings) }} AS origin_country_code,
    {{ first_told('product_name', renderings) }} AS product_name,
    {{ first_told('product_safety_category', renderings) }} AS product_safety_category,
    {{ first_told('product_use_code', renderings) }} AS product_use_code,
    {{ first_told('brand', renderings) }} AS brand,
    {{ first_told('is_counterfeit', renderings) }} AS is_counterfeit,
    {{ first_told('risk_types', renderings) }} AS risk_types,
    {{ first_told('risk_description', renderings) }} AS risk_description,
    {{ first_told('measures', renderings) }} AS measures,
    {{ first_told('barcodes', renderings) }} AS barcodes,
    count(*) AS renderings_count
FROM {{ ref('stg_safety_gate') }}
GROUP BY alert_number
