-- How many sub-actions have each status, by objective and in total; 0 where an objective has none of a status.
WITH counted AS (
    SELECT
        reference_period,
        coalesce(cast(objective AS STRING), '_T') AS objective_code,
        count(CASE WHEN status = 'NOT_STARTED' THEN 1 END) AS not_started_count,
        count(CASE WHEN status = 'ONGOING' THEN 1 END) AS ongoing_count,
        count(CASE WHEN status = 'COMPLETED' THEN 1 END) AS completed_count,
        count(CASE WHEN status = 'PERMANENT' THEN 1 END) AS permanent_count,
        count(*) AS sub_actions_count
    FROM {{ ref('stg_action_plan_status') }}
    GROUP BY reference_period, GROUPING SETS ((objective), ())
)

SELECT
    *,
    {{ ratio('completed_count', 'sub_actions_count') }} AS completed_share
FROM counted
ORDER BY reference_period, objective_code
