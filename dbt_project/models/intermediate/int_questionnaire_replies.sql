-- One row per item that was asked about on the scale 1 to 4 and Member State that delivered; without a score where the
-- Member State gave none: because it said so, left the item out, or sent a nil return.
WITH asked AS (
    SELECT
        items.cycle,
        items.question_id,
        items.item
    FROM {{ ref('int_questionnaire_asked') }} AS items
    INNER JOIN {{ source('codelists', 'survey_question') }} AS questions
        ON items.question_id = questions.code
    WHERE questions.scale = 'SCORE'
),

delivered AS (
    SELECT DISTINCT
        period,
        sender
    FROM {{ source('accepted', 'deliveries') }}
    WHERE feed = 'ms_questionnaire'
)

SELECT
    asked.question_id,
    asked.item,
    delivered.sender AS ref_area,
    asked.cycle AS time_period,
    answers.answer_score
FROM asked
INNER JOIN delivered
    ON asked.cycle = delivered.period
LEFT JOIN {{ ref('stg_ms_questionnaire') }} AS answers
    ON
        asked.cycle = answers.cycle
        AND asked.question_id = answers.question_id
        AND asked.item = answers.item
        AND delivered.sender = answers.member_state
