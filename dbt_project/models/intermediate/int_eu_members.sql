-- The Member States on the last day of each period of the trade feeds.
WITH periods AS (
    SELECT DISTINCT time_period FROM {{ ref('stg_comext_trade') }}
    UNION
    SELECT DISTINCT time_period FROM {{ ref('stg_comtrade_mirror') }}
)

SELECT
    periods.time_period,
    members.code AS member_state
FROM periods
INNER JOIN {{ source('codelists', 'eu_member_state') }} AS members
    ON {{ is_valid_on('members', period_last_day('periods.time_period')) }}
