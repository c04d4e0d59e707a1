SELECT
    reference_period,
    objective,
    action_id,
    title,
    status,
    source,
    _is_synthetic
FROM {{ source('accepted', 'action_plan_status') }}
