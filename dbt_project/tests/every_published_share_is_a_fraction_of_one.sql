SELECT
    cycle AS period,
    respondents_share AS share
FROM {{ ref('mart_survey') }}
WHERE NOT respondents_share BETWEEN 0 AND 1
UNION ALL
SELECT
    reference_period AS period,
    completed_share AS share
FROM {{ ref('mart_action_plan') }}
WHERE NOT completed_share BETWEEN 0 AND 1
UNION ALL
SELECT
    TIME_PERIOD AS period,
    OBS_VALUE AS share
FROM {{ ref('o12_3') }}
WHERE UNIT_MEASURE = 'FRACTION' AND NOT OBS_VALUE BETWEEN 0 AND 1
