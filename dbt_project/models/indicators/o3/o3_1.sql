-- A project about several types of risk counts under each of them and once in the total.
WITH projects AS (
    SELECT
        'EU27_2020' AS ref_area,
        reference_period AS time_period,
        risk_type,
        project_id
    FROM {{ ref('stg_methodology_projects') }}
    WHERE status <> 'NOT_STARTED'
),

cells AS (
    {{ cube_cells(
        'projects', 'methodology_projects', ['RISK_TYPE'], {'projects': 'count(DISTINCT project_id)'}
    ) }}
)

{{ observations('cells', 'o3-1', ['RISK_TYPE'], [
    ['NUMBER', 'PURE_NUMB', 'projects'],
]) }}
