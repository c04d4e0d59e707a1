SELECT
    notification_reference,
    record_source,
    notification_date,
    notifying_member,
    origin_countries,
    notification_subject,
    product_name,
    food_chain_product_type,
    rasff_product_category,
    hazards,
    hazard_categories,
    notification_class,
    risk_decision,
    distribution_countries,
    _is_synthetic
FROM {{ source('accepted', 'rasff') }}
