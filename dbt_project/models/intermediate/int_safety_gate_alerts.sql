-- One row per alert: every column from the rendering with measures where it tells it, else from that with barcodes.
{% set renderings = ['ALERTS_WITH_MEASURES', 'ALERTS_WITH_BARCODES'] %}
{% set columns = [
    'alert_year', 'alert_kind_code', 'notifying_member', 'origin_country_code', 'product_name',
    'product_safety_category', 'product_use_code', 'brand', 'is_counterfeit', 'risk_types', 'risk_description',
    'measures', 'barcodes',
] %}
SELECT
    alert_number,
    {%- for column in columns %}
    {{ first_told(column, renderings) }} AS {{ column }},
    {%- endfor %}
    count(*) AS renderings_count
FROM {{ ref('stg_safety_gate') }}
GROUP BY alert_number
