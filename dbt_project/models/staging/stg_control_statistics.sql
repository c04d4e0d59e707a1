SELECT
    reference_period,
    member_state,
    declaration_type,
    declaration_subtype,
    operator_status,
    control_type,
    declarations,
    controls,
    irregularities,
    conf_status,
    comment,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'control_statistics') }}
-- A nil return is a delivery without observations.
WHERE control_type <> '_T'
