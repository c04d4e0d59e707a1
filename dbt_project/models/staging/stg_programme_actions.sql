SELECT
    reference_period,
    action_code,
    member_state,
    action_title,
    action_kind,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'programme_actions') }}
