-- Nothing is lost between the answers as accepted and the published counts.
{% set questions = ['o4_3', 'o567_13', 'o567_14', 'o567_17', 'o567_18'] %}
WITH published AS (
    {% for question in questions %}
    SELECT
        INDICATOR AS question_id,
        TIME_PERIOD AS cycle,
        sum(OBS_VALUE) AS answers
    FROM {{ ref(question) }}
    WHERE MEASURE IN ('COUNT_1', 'COUNT_2', 'COUNT_3', 'COUNT_4', 'NO_REPLY')
    GROUP BY INDICATOR, TIME_PERIOD
    {% if not loop.last %}UNION ALL{% endif %}
    {% endfor %}
),

accepted AS (
    SELECT
        question_id,
        cycle,
        sum(respondents) AS answers
    FROM {{ ref('stg_survey_results') }}
    WHERE replace(question_id, '-', '_') IN {{ sql_list(questions) }}
    GROUP BY question_id, cycle
)

SELECT
    accepted.question_id,
    accepted.cycle,
    accepted.answers AS accepted_answers,
    published.answers AS published_answers
FROM accepted
LEFT JOIN published
    ON accepted.question_id = published.question_id AND accepted.cycle = published.cycle
WHERE accepted.answers IS DISTINCT FROM published.answers
