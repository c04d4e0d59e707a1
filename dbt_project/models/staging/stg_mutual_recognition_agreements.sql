SELECT
    reference_period,
    agreement_id,
    agreement_title,
    counterpart_area,
    agreement_status,
    in_force_since,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'mutual_recognition_agreements') }}
