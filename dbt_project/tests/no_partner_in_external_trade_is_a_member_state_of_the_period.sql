SELECT
    trade.time_period,
    trade.partner
FROM {{ ref('mart_external_trade') }} AS trade
INNER JOIN {{ ref('int_eu_members') }} AS members
    ON trade.time_period = members.time_period AND trade.partner = members.member_state
