SELECT
    cycle,
    department,
    respondent_id,
    answer_score,
    no_reply,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'toolbox_views') }}
