SELECT
    reference_period,
    authorisation_id,
    member_state,
    aeo_type,
    active_from,
    active_to,
    suspended_from,
    suspended_to,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'aeo_register') }}
