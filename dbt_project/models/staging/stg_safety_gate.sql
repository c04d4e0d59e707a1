SELECT
    alert_number,
    record_source,
    alert_year,
    alert_kind_code,
    notifying_member,
    origin_country_code,
    product_name,
    product_safety_category,
    product_use_code,
    brand,
    is_counterfeit,
    risk_types,
    risk_description,
    measures,
    barcodes,
    _is_synthetic
FROM {{ source('accepted', 'safety_gate') }}
