-- A model with several third countries counts under each of them and once in the totals.
WITH models AS (
    SELECT
        'EU27_2020' AS ref_area,
        reference_period AS time_period,
        model_kind,
        counterpart_area,
        model_id
    FROM {{ ref('stg_cooperation_models') }}
    WHERE developed_date <= {{ period_last_day('reference_period') }}
),

cells AS (
    {{ cube_cells(
        'models',
        'cooperation_models',
        ['MODEL_KIND', 'COUNTERPART_AREA'],
        {'models': 'count(DISTINCT model_id)'},
    ) }}
)

{{ observations('cells', 'o567-8', ['MODEL_KIND', 'COUNTERPART_AREA'], [
    ['NUMBER', 'PURE_NUMB', 'models'],
]) }}
