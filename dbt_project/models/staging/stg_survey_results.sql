SELECT
    cycle,
    question_id,
    item,
    category,
    respondents,
    respondents_total,
    source,
    _is_synthetic
FROM {{ source('accepted', 'survey_results') }}
