-- What the questionnaire of a cycle asked: it is not delivered itself, so what at least one sender has a row for. The
-- deliveries of a cycle are all synthetic or all real.
SELECT DISTINCT
    cycle,
    question_id,
    item,
    _is_synthetic AS is_synthetic
FROM {{ ref('stg_ms_questionnaire') }}
