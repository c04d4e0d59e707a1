SELECT
    reference_period,
    member_state,
    operator_role,
    ics2_release,
    registered_operators,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'ics2_registrations') }}
