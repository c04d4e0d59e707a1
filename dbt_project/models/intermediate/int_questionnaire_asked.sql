-- What the questionnaire of a cycle asked: it is not delivered itself, so what at least one sender has a row for.
SELECT DISTINCT
    cycle,
    question_id,
    item
FROM {{ ref('stg_ms_questionnaire') }}
