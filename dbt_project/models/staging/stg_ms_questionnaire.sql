SELECT
    cycle,
    member_state,
    question_id,
    item,
    answer_score,
    answer_count,
    no_reply,
    comment,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'ms_questionnaire') }}
-- A nil return is a delivery without observations.
WHERE question_id <> '_T'
