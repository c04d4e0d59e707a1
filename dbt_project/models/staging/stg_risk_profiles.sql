SELECT
    reference_period,
    profile_id,
    member_state,
    rif_category,
    active_from,
    active_to,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'risk_profiles') }}
