SELECT
    freq,
    time_period,
    reporter,
    partner,
    product_code,
    flow_code,
    trade_value,
    currency_code,
    net_mass_kg,
    net_mass_is_estimated,
    is_reported,
    hs_version,
    _is_synthetic
FROM {{ source('accepted', 'comtrade_mirror') }}
