WITH asked AS (
    SELECT DISTINCT cycle AS time_period
    FROM {{ ref('int_questionnaire_asked') }}
    WHERE question_id = 'o12-2'
),

cells AS (
    SELECT * FROM {{ ref('int_questionnaire_numbers') }}
    WHERE question_id = 'o12-2' AND item = '_T'
)

{{ observations('cells', 'o12-2', [], [
    ['NUMBER', 'PURE_NUMB', 'answer_count'],
], collection='ms_questionnaire', asked='asked') }}
