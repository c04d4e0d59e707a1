-- Trade between the EU and other countries as UN Comtrade has it, in euro, beside the same trade as Comext has it.
WITH reported AS (
    SELECT
        mirror.freq,
        mirror.time_period,
        mirror.reporter,
        mirror.partner,
        mirror.product_code,
        mirror.flow_code,
        mirror.net_mass_kg,
        reporters.member_state IS NOT NULL AS is_reported_by_member_state,
        CASE WHEN reporters.member_state IS NOT NULL THEN mirror.reporter ELSE mirror.partner END AS declarant,
        CASE WHEN reporters.member_state IS NOT NULL THEN mirror.partner ELSE mirror.reporter END AS third_country,
        -- What one side imports the other exports.
        CASE
            WHEN reporters.member_state IS NOT NULL THEN mirror.flow_code
            WHEN mirror.flow_code = '1' THEN '2'
            ELSE '1'
        END AS comext_flow_code,
        CASE
            WHEN mirror.currency_code = 'EUR' THEN cast(mirror.trade_value AS DOUBLE)
            ELSE cast(mirror.trade_value AS DOUBLE) / rates.average_units_per_eur
        END AS reported_value_eur
    FROM {{ ref('stg_comtrade_mirror') }} AS mirror
    LEFT JOIN {{ ref('int_eu_members') }} AS reporters
        ON mirror.time_period = reporters.time_period AND mirror.reporter = reporters.member_state
    LEFT JOIN {{ ref('int_eu_members') }} AS partners
        ON mirror.time_period = partners.time_period AND mirror.partner = partners.member_state
    LEFT JOIN {{ ref('mart_exchange_rates') }} AS rates
        ON
            mirror.freq = rates.freq
            AND mirror.time_period = rates.time_period
            AND mirror.currency_code = rates.currency_code
    LEFT JOIN {{ source('codelists', 'area_group') }} AS groups
        ON mirror.partner = groups.code
    WHERE
        mirror.flow_code IN ('1', '2')
        AND groups.code IS NULL
        AND (reporters.member_state IS NULL) <> (partners.member_state IS NULL)
)

SELECT
    reported.freq,
    reported.time_period,
    reported.reporter,
    reported.partner,
    reported.product_code,
    reported.flow_code,
    reported.is_reported_by_member_state,
    reported.reported_value_eur,
    reported.net_mass_kg,
    cast(comext.value_eur AS DOUBLE) AS comext_value_eur,
    reported.reported_value_eur - cast(comext.value_eur AS DOUBLE) AS value_gap_eur,
    (reported.reported_value_eur - cast(comext.value_eur AS DOUBLE))
    / nullif(cast(comext.value_eur AS DOUBLE), 0) AS value_gap_share
FROM reported
LEFT JOIN {{ ref('int_external_trade') }} AS comext
    ON
        reported.freq = comext.freq
        AND reported.time_period = comext.time_period
        AND reported.declarant = comext.declarant
        AND reported.third_country = comext.partner
        AND reported.product_code = comext.product_code
        AND reported.comext_flow_code = comext.flow_code
ORDER BY
    reported.freq,
    reported.time_period,
    reported.reporter,
    reported.partner,
    reported.product_code,
    reported.flow_code
