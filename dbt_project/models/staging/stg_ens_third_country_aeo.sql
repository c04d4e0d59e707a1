SELECT
    reference_period,
    counterpart_area,
    transport_mode,
    ens_count,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'ens_third_country_aeo') }}
