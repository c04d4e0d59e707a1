SELECT
    reference_period,
    analysis_id,
    border_type,
    analysis_title,
    status,
    completed_date,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'border_analyses') }}
