-- Nothing is lost between the answers as accepted and the published counts: of the Member States one by one and for the
-- Union from the questionnaire, for the Union alone from distributions.
{% set with_items = {'o12_7': 'SYSTEM', 'o12_8': 'FORUM_TOOL', 'o4_3': 'CRMF_ELEMENT'} %}
{% set without_items = [
    'o4_8', 'o4_9', 'o567_9', 'o567_11', 'o567_12', 'o567_13', 'o567_14', 'o567_15', 'o567_16', 'o567_17', 'o567_18',
    'o567_19', 'o567_21',
] %}
{% set distributed = ['o4_3', 'o567_13', 'o567_14', 'o567_17', 'o567_18'] %}
WITH counts AS (
    {% for question in (with_items.keys() | list) + without_items %}
    SELECT
        INDICATOR AS question_id,
        TIME_PERIOD AS cycle,
        OBS_STATUS AS status,
        CASE WHEN REF_AREA = 'EU27_2020' THEN 'EU27_2020' ELSE 'STATES' END AS areas,
        {{ with_items.get(question, "'_T'") }} AS item,
        MEASURE AS counted,
        OBS_VALUE AS answers
    FROM {{ ref(question) }}
    WHERE MEASURE IN ('COUNT_1', 'COUNT_2', 'COUNT_3', 'COUNT_4', 'NO_REPLY')
    {% if not loop.last %}UNION ALL{% endif %}
    {% endfor %}
),

published AS (
    SELECT
        question_id,
        cycle,
        areas,
        sum(answers) AS answers
    FROM counts
    -- A distribution has no total over its items.
    WHERE status = 'D' OR (item = '_T' AND counted <> 'NO_REPLY')
    GROUP BY question_id, cycle, areas
),

-- Synthetic answers of Member States do not count where a real distribution tells the answers.
told_for_real AS (
    SELECT DISTINCT
        question_id,
        cycle
    FROM {{ ref('stg_survey_results') }}
    WHERE NOT _is_synthetic AND replace(question_id, '-', '_') IN {{ sql_list(distributed) }}
),

scored AS (
    SELECT
        questionnaire.question_id,
        questionnaire.cycle,
        count(questionnaire.answer_score) AS answers_of_all,
        count(CASE WHEN members.code IS NOT NULL THEN questionnaire.answer_score END) AS answers_of_members
    FROM {{ ref('stg_ms_questionnaire') }} AS questionnaire
    INNER JOIN {{ source('codelists', 'survey_question') }} AS questions
        ON questionnaire.question_id = questions.code
    LEFT JOIN {{ source('codelists', 'eu_member_state') }} AS members
        ON
            questionnaire.member_state = members.code
            AND {{ is_valid_on('members', period_last_day('questionnaire.cycle')) }}
    LEFT JOIN told_for_real
        ON questionnaire.question_id = told_for_real.question_id AND questionnaire.cycle = told_for_real.cycle
    WHERE
        questions.scale = 'SCORE'
        AND (NOT questionnaire._is_synthetic OR told_for_real.question_id IS NULL)
    GROUP BY questionnaire.question_id, questionnaire.cycle
),

accepted AS (
    SELECT
        question_id,
        cycle,
        'STATES' AS areas,
        answers_of_all AS answers
    FROM scored
    UNION ALL
    SELECT
        question_id,
        cycle,
        'EU27_2020' AS areas,
        answers_of_members AS answers
    FROM scored
    UNION ALL
    SELECT
        told.question_id,
        told.cycle,
        'EU27_2020' AS areas,
        sum(told.respondents) AS answers
    FROM {{ ref('stg_survey_results') }} AS told
    LEFT JOIN scored
        ON told.question_id = scored.question_id AND told.cycle = scored.cycle
    WHERE replace(told.question_id, '-', '_') IN {{ sql_list(distributed) }} AND scored.question_id IS NULL
    GROUP BY told.question_id, told.cycle
)

SELECT
    accepted.question_id,
    accepted.cycle,
    accepted.areas,
    accepted.answers AS accepted_answers,
    published.answers AS published_answers
FROM accepted
LEFT JOIN published
    ON
        accepted.question_id = published.question_id
        AND accepted.cycle = published.cycle
        AND accepted.areas = published.areas
WHERE accepted.answers IS DISTINCT FROM published.answers
