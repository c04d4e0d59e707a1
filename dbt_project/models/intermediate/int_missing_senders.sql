-- Who was expected and has not delivered, where somebody has; with how many did.
SELECT
    expected.feed,
    expected.period,
    expected.sender,
    counts.n_senders,
    counts.n_expected
FROM {{ source('accepted', 'expected_senders') }} AS expected
INNER JOIN {{ ref('int_senders') }} AS counts
    ON expected.feed = counts.feed AND expected.period = counts.period
LEFT JOIN {{ source('accepted', 'deliveries') }} AS delivered
    ON
        expected.feed = delivered.feed
        AND expected.period = delivered.period
        AND expected.sender = delivered.sender
WHERE delivered.sender IS NULL
