-- A tool for several policy areas counts under each of them and once in the totals.
WITH tools AS (
    SELECT
        'EU27_2020' AS ref_area,
        reference_period AS time_period,
        policy_area,
        work_type,
        tool_id
    FROM {{ ref('stg_policy_tools') }}
    WHERE status = 'COMPLETED'
),

cells AS (
    {{ cube_cells(
        'tools', 'policy_tools', ['POLICY_AREA', 'WORK_TYPE'], {'tools': 'count(DISTINCT tool_id)'}
    ) }}
)

{{ observations('cells', 'o3-2', ['POLICY_AREA', 'WORK_TYPE'], [
    ['NUMBER', 'PURE_NUMB', 'tools'],
]) }}
