-- Officials of the Commission answer, one by one: every mean is over officials, and there is no Member State.
WITH views AS (
    SELECT
        'EU27_2020' AS ref_area,
        cycle AS time_period,
        department,
        answer_score
    FROM {{ ref('stg_toolbox_views') }}
),

cells AS (
    {{ cube_cells('views', 'toolbox_views', ['DEPARTMENT'], {
        'count_1': 'count(CASE WHEN answer_score = 1 THEN 1 END)',
        'count_2': 'count(CASE WHEN answer_score = 2 THEN 1 END)',
        'count_3': 'count(CASE WHEN answer_score = 3 THEN 1 END)',
        'count_4': 'count(CASE WHEN answer_score = 4 THEN 1 END)',
        'no_reply': 'count(*) - count(answer_score)',
        'respondents': 'count(answer_score)',
        'mean_score': ratio('sum(answer_score)', 'count(answer_score)'),
    }) }}
)

{{ score_observations('cells', 'o3-4', ['DEPARTMENT']) }}
