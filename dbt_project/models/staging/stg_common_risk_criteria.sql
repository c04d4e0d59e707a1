SELECT
    reference_period,
    defined_crc_code,
    crc_policy_area,
    valid_from,
    valid_to,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'common_risk_criteria') }}
