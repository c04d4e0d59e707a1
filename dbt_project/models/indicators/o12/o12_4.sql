-- Acts of the Union are in the register under EU27_2020; the national acts of its members are added to them.
WITH acts AS (
    SELECT
        act_area AS ref_area,
        reference_period AS time_period,
        act_type
    FROM {{ ref('stg_legislation') }}
    WHERE application_date <= {{ period_last_day('reference_period') }}
),

areas AS (
    {{ with_the_eu('acts', ['act_type']) }}
),

cells AS (
    {{ cube_cells('areas', 'legislation', ['ACT_TYPE'], {'acts': 'count(*)'}) }}
)

{{ observations('cells', 'o12-4', ['ACT_TYPE'], [
    ['NUMBER', 'PURE_NUMB', 'acts'],
]) }}
