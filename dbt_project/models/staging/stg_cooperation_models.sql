SELECT
    reference_period,
    model_id,
    counterpart_area,
    model_title,
    model_kind,
    developed_date,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'cooperation_models') }}
