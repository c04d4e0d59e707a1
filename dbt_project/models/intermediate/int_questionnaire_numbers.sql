{{ config(materialized='table') }}
-- Answers to questions that ask how many, by item and over the items of a question (_T), by Member State and for the
-- Union. Who gave no number has no row: it is not 0.
WITH answers AS (
    SELECT
        questionnaire.member_state AS ref_area,
        questionnaire.cycle AS time_period,
        questionnaire.question_id,
        questionnaire.item,
        questionnaire.answer_count
    FROM {{ ref('stg_ms_questionnaire') }} AS questionnaire
    INNER JOIN {{ source('codelists', 'survey_question') }} AS questions
        ON questionnaire.question_id = questions.code
    WHERE questions.scale = 'COUNT' AND questionnaire.answer_count IS NOT NULL
),

areas AS (
    {{ with_the_eu('answers', ['question_id', 'item', 'answer_count']) }}
),

items AS (
    SELECT
        ref_area,
        time_period,
        question_id,
        item,
        answer_count
    FROM areas
    WHERE item <> '_Z'
    UNION ALL
    SELECT
        ref_area,
        time_period,
        question_id,
        '_T' AS item,
        answer_count
    FROM areas
),

cells AS (
    SELECT
        ref_area,
        time_period,
        question_id,
        item,
        sum(answer_count) AS answer_count
    FROM items
    GROUP BY ref_area, time_period, question_id, item
)

SELECT
    cells.ref_area,
    cells.time_period,
    cells.question_id,
    cells.item,
    cells.answer_count,
    {{ area_status('cells', 'senders') }} AS obs_status,
    senders.n_senders,
    senders.n_expected
FROM cells
INNER JOIN {{ ref('int_senders') }} AS senders
    ON senders.feed = 'ms_questionnaire' AND cells.time_period = senders.period
