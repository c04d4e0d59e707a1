{{ config(materialized='table') }}
-- Scores by question and item and over the items of a question (_T), by Member State and for the Union, whose mean is
-- that of the Member States' means.
--
-- A mean over items is a fraction of their number. Multiplied by a number that 1 to 22 divide, it is whole, and sums of
-- whole numbers are the same in whatever order an engine adds them up; without it their last digit is not.
{%- set whole = 232792560 %}
WITH items AS (
    SELECT
        question_id,
        item,
        ref_area,
        time_period,
        answer_score
    FROM {{ ref('int_questionnaire_replies') }}
    WHERE item <> '_Z'
    UNION ALL
    SELECT
        question_id,
        '_T' AS item,
        ref_area,
        time_period,
        answer_score
    FROM {{ ref('int_questionnaire_replies') }}
),

states AS (
    SELECT
        question_id,
        item,
        ref_area,
        time_period,
        count(CASE WHEN answer_score = 1 THEN 1 END) AS count_1,
        count(CASE WHEN answer_score = 2 THEN 1 END) AS count_2,
        count(CASE WHEN answer_score = 3 THEN 1 END) AS count_3,
        count(CASE WHEN answer_score = 4 THEN 1 END) AS count_4,
        count(*) - count(answer_score) AS no_reply,
        count(answer_score) AS respondents,
        cast({{ whole }} * sum(answer_score) AS DOUBLE) / nullif(count(answer_score), 0) AS whole_mean
    FROM items
    GROUP BY question_id, item, ref_area, time_period
),

areas AS (
    {{ with_the_eu('states', [
        'question_id', 'item', 'count_1', 'count_2', 'count_3', 'count_4', 'no_reply', 'respondents', 'whole_mean',
    ]) }}
),

cells AS (
    SELECT
        question_id,
        item,
        ref_area,
        time_period,
        sum(count_1) AS count_1,
        sum(count_2) AS count_2,
        sum(count_3) AS count_3,
        sum(count_4) AS count_4,
        sum(no_reply) AS no_reply,
        sum(respondents) AS respondents,
        sum(whole_mean) / nullif({{ whole }} * count(whole_mean), 0) AS mean_score
    FROM areas
    GROUP BY question_id, item, ref_area, time_period
)

SELECT
    cells.question_id,
    cells.item,
    cells.ref_area,
    cells.time_period,
    cells.count_1,
    cells.count_2,
    cells.count_3,
    cells.count_4,
    cells.no_reply,
    cells.respondents,
    cells.mean_score,
    {{ area_status('cells', 'senders') }} AS obs_status,
    senders.n_senders,
    senders.n_expected
FROM cells
INNER JOIN {{ ref('int_senders') }} AS senders
    ON senders.feed = 'ms_questionnaire' AND cells.time_period = senders.period
