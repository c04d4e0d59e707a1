SELECT
    reference_period,
    project_id,
    project_title,
    system_code,
    work_type,
    purpose,
    status,
    completed_date,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'it_projects') }}
