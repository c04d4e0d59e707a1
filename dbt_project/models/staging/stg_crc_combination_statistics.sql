SELECT
    reference_period,
    member_state,
    movement,
    crc_codes,
    automated_hits,
    hits_after_assessment,
    conf_status,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'crc_combination_statistics') }}
-- A nil return is a delivery without observations.
WHERE crc_codes <> '_T'
