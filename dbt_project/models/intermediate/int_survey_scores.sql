-- One row per cycle, question and item that was answered on the scale 1 to 4, where only the distribution is told.
WITH distributions AS (
    SELECT
        answers.cycle,
        answers.question_id,
        answers.item,
        answers._is_synthetic AS is_synthetic,
        cast(sum(CASE WHEN answers.category = '1' THEN answers.respondents ELSE 0 END) AS BIGINT) AS count_1,
        cast(sum(CASE WHEN answers.category = '2' THEN answers.respondents ELSE 0 END) AS BIGINT) AS count_2,
        cast(sum(CASE WHEN answers.category = '3' THEN answers.respondents ELSE 0 END) AS BIGINT) AS count_3,
        cast(sum(CASE WHEN answers.category = '4' THEN answers.respondents ELSE 0 END) AS BIGINT) AS count_4,
        cast(sum(CASE WHEN answers.category = 'NO_REPLY' THEN answers.respondents ELSE 0 END) AS BIGINT) AS no_reply,
        max(answers.respondents_total) AS respondents_total
    FROM {{ ref('stg_survey_results') }} AS answers
    INNER JOIN {{ source('codelists', 'survey_question') }} AS questions
        ON answers.question_id = questions.code
    WHERE questions.scale = 'SCORE'
    -- The deliveries of a cycle are all synthetic or all real.
    GROUP BY answers.cycle, answers.question_id, answers.item, answers._is_synthetic
),

-- Who was asked: the Member States on the last day of the cycle.
expected AS (
    SELECT
        cycles.cycle,
        count(*) AS n_expected
    FROM (SELECT DISTINCT cycle FROM distributions) AS cycles
    INNER JOIN {{ source('codelists', 'eu_member_state') }} AS members
        ON {{ is_valid_on('members', period_last_day('cycles.cycle')) }}
    GROUP BY cycles.cycle
)

SELECT
    distributions.question_id,
    distributions.item,
    'EU27_2020' AS ref_area,
    distributions.cycle AS time_period,
    distributions.is_synthetic,
    distributions.count_1,
    distributions.count_2,
    distributions.count_3,
    distributions.count_4,
    distributions.no_reply,
    distributions.count_1 + distributions.count_2 + distributions.count_3 + distributions.count_4 AS respondents,
    {{ ratio(
        'distributions.count_1 + 2 * distributions.count_2 + 3 * distributions.count_3 + 4 * distributions.count_4',
        'distributions.count_1 + distributions.count_2 + distributions.count_3 + distributions.count_4',
    ) }} AS mean_score,
    -- The questionnaire of the cycle asked after effects of past action, the indicators ask after a level or change.
    'D' AS obs_status,
    distributions.respondents_total AS n_senders,
    expected.n_expected
FROM distributions
INNER JOIN expected
    ON distributions.cycle = expected.cycle
