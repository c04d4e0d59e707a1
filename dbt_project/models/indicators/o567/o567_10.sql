WITH asked AS (
    SELECT DISTINCT cycle AS time_period
    FROM {{ ref('int_questionnaire_asked') }}
    WHERE question_id = 'o567-10'
),

cells AS (
    SELECT
        *,
        item AS risk_area
    FROM {{ ref('int_questionnaire_numbers') }}
    WHERE question_id = 'o567-10'
)

{{ observations('cells', 'o567-10', ['RISK_AREA'], [
    ['NUMBER', 'PURE_NUMB', 'answer_count'],
], collection='ms_questionnaire', asked='asked') }}
