WITH projects AS (
    SELECT
        'EU27_2020' AS ref_area,
        reference_period AS time_period,
        system_code AS system,
        work_type,
        purpose
    FROM {{ ref('stg_it_projects') }}
    WHERE status = 'COMPLETED'
),

cells AS (
    {{ cube_cells('projects', 'it_projects', ['SYSTEM', 'WORK_TYPE', 'PURPOSE'], {'projects': 'count(*)'}) }}
)

{{ observations('cells', 'o12-1', ['SYSTEM', 'WORK_TYPE', 'PURPOSE'], [
    ['NUMBER', 'PURE_NUMB', 'projects'],
]) }}
