SELECT
    freq,
    time_period,
    rate_method,
    currency_code,
    units_per_eur,
    _is_synthetic
FROM {{ source('accepted', 'exchange_rates') }}
