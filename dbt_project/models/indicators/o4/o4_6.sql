WITH profiles AS (
    SELECT
        member_state AS ref_area,
        reference_period AS time_period,
        rif_category
    FROM {{ ref('stg_risk_profiles') }}
    WHERE
        active_from <= {{ period_last_day('reference_period') }}
        AND (active_to IS NULL OR active_to >= {{ period_last_day('reference_period') }})
),

areas AS (
    {{ with_the_eu('profiles', ['rif_category']) }}
),

cells AS (
    {{ cube_cells('areas', 'risk_profiles', ['RIF_CATEGORY'], {'profiles': 'count(*)'}) }}
)

{{ observations('cells', 'o4-6', ['RIF_CATEGORY'], [
    ['NUMBER', 'PURE_NUMB', 'profiles'],
]) }}
