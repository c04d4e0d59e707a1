SELECT
    reference_period,
    pca_id,
    pca_title,
    risk_type,
    active_from,
    active_to,
    participants_count,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'priority_control_areas') }}
