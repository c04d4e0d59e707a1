-- Answer tables of the source that do not add up to the questionnaires returned; published as they are.
SELECT
    'survey_results' AS feed,
    cycle AS period,
    'question ' || question_id || ', item ' || item AS subject,
    'the answers do not add up to the questionnaires returned' AS finding,
    cast(max(respondents_total) AS DOUBLE) AS expected_value,
    cast(sum(respondents) AS DOUBLE) AS found_value
FROM {{ ref('stg_survey_results') }}
GROUP BY cycle, question_id, item
HAVING sum(respondents) <> max(respondents_total)
ORDER BY period, subject
