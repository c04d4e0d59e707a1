SELECT
    reference_period,
    _is_synthetic
FROM {{ source('accepted', '<< feed >>') }}
