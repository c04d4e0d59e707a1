SELECT
    reference_period,
    rif_id,
    rif_category,
    issuing_administration,
    issued_date,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'risk_information_forms') }}
