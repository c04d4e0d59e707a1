-- Average rate of every month and year: that of the daily reference rates, or the published one where there are none.
WITH daily AS (
    SELECT
        currency_code,
        units_per_eur,
        left(time_period, 7) AS month_period,
        left(time_period, 4) AS year_period
    FROM {{ ref('stg_exchange_rates') }}
    WHERE freq = 'D'
),

days AS (
    SELECT
        'M' AS freq,
        month_period AS time_period,
        currency_code,
        units_per_eur
    FROM daily
    UNION ALL
    SELECT
        'A' AS freq,
        year_period AS time_period,
        currency_code,
        units_per_eur
    FROM daily
),

computed AS (
    SELECT
        freq,
        time_period,
        currency_code,
        -- From the exact sum: an average of doubles would depend on the order of the rows.
        {{ ratio('sum(units_per_eur)', 'count(*)') }} AS average_units_per_eur,
        count(*) AS rates_count
    FROM days
    GROUP BY freq, time_period, currency_code
),

published AS (
    SELECT
        averages.freq,
        averages.time_period,
        averages.currency_code,
        cast(averages.units_per_eur AS DOUBLE) AS average_units_per_eur,
        cast(NULL AS BIGINT) AS rates_count
    FROM {{ ref('stg_exchange_rates') }} AS averages
    LEFT JOIN computed
        ON
            averages.freq = computed.freq
            AND averages.time_period = computed.time_period
            AND averages.currency_code = computed.currency_code
    WHERE averages.freq IN ('M', 'A') AND averages.rate_method = 'A' AND computed.freq IS NULL
)

SELECT * FROM computed
UNION ALL
SELECT * FROM published
ORDER BY freq, currency_code, time_period
