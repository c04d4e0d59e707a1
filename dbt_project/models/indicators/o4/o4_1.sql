-- An analysis of several types of border counts under each of them and once in the total.
WITH analyses AS (
    SELECT
        'EU27_2020' AS ref_area,
        reference_period AS time_period,
        border_type,
        analysis_id
    FROM {{ ref('stg_border_analyses') }}
    WHERE status = 'COMPLETED'
),

cells AS (
    {{ cube_cells(
        'analyses', 'border_analyses', ['BORDER_TYPE'], {'analyses': 'count(DISTINCT analysis_id)'}
    ) }}
)

{{ observations('cells', 'o4-1', ['BORDER_TYPE'], [
    ['NUMBER', 'PURE_NUMB', 'analyses'],
]) }}
