SELECT
    reference_period,
    act_id,
    act_area,
    act_title,
    act_type,
    application_date,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'legislation') }}
