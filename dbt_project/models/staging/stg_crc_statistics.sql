SELECT
    reference_period,
    member_state,
    movement,
    crc_code,
    high_interest_country,
    automated_hits,
    hits_after_assessment,
    controls,
    positive_results,
    conf_status,
    comment,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'crc_statistics') }}
-- A nil return is a delivery without observations.
WHERE crc_code <> '_T'
