-- How many senders were expected and how many delivered, by feed and period; nil returns count as deliveries.
WITH delivered AS (
    SELECT
        feed,
        period,
        count(DISTINCT sender) AS n_senders
    FROM {{ source('accepted', 'deliveries') }}
    GROUP BY feed, period
),

expected AS (
    SELECT
        feed,
        period,
        count(DISTINCT sender) AS n_expected
    FROM {{ source('accepted', 'expected_senders') }}
    GROUP BY feed, period
)

SELECT
    delivered.feed,
    delivered.period,
    delivered.n_senders,
    expected.n_expected,
    CASE WHEN delivered.n_senders < expected.n_expected THEN 'P' ELSE 'A' END AS obs_status
FROM delivered
INNER JOIN expected
    ON delivered.feed = expected.feed AND delivered.period = expected.period
