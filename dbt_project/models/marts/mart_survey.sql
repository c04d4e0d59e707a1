-- Every answer table, with the share of the questionnaires returned that chose the category.
SELECT
    answers.cycle,
    answers.question_id,
    questions.label AS question,
    answers.item,
    answers.category,
    answers.respondents,
    answers.respondents_total,
    {{ ratio('answers.respondents', 'answers.respondents_total') }} AS respondents_share,
    answers.source
FROM {{ ref('stg_survey_results') }} AS answers
INNER JOIN {{ source('codelists', 'survey_question') }} AS questions
    ON answers.question_id = questions.code
ORDER BY answers.cycle, answers.question_id, answers.item, answers.category
