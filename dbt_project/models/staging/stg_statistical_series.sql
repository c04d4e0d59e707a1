SELECT
    dataflow_code,
    series_key,
    freq,
    time_period,
    obs_value,
    obs_status,
    _is_synthetic
FROM {{ source('accepted', 'statistical_series') }}
