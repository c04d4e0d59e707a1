SELECT
    cycle,
    agreement_id,
    authority_area,
    agreement_title,
    signed_date,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'eu_agreements') }}
