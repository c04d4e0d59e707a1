WITH asked AS (
    SELECT DISTINCT cycle AS time_period
    FROM {{ ref('int_questionnaire_asked') }}
    WHERE question_id = 'o3-3'
),

cells AS (
    SELECT
        *,
        item AS risk_type
    FROM {{ ref('int_questionnaire_numbers') }}
    WHERE question_id = 'o3-3'
)

{{ observations('cells', 'o3-3', ['RISK_TYPE'], [
    ['NUMBER', 'PURE_NUMB', 'answer_count'],
], collection='ms_questionnaire', asked='asked') }}
