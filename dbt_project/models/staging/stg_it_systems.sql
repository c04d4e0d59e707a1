SELECT
    reference_period,
    system_code,
    work_type,
    aspect,
    actor,
    release,
    status,
    status_basis,
    planned_date,
    completed_date,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'it_systems') }}
