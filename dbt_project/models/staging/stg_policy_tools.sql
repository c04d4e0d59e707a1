SELECT
    reference_period,
    tool_id,
    policy_area,
    tool_title,
    work_type,
    status,
    completed_date,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'policy_tools') }}
