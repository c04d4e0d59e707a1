SELECT
    reference_period,
    project_id,
    risk_type,
    project_title,
    status,
    completed_date,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'methodology_projects') }}
