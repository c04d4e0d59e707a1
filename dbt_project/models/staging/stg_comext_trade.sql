SELECT
    freq,
    time_period,
    declarant,
    partner,
    product_code,
    flow_code,
    stat_procedure_code,
    measure_code,
    measure_value,
    trade_type_code,
    obs_status,
    _is_synthetic
FROM {{ source('accepted', 'comext_trade') }}
