WITH authorisations AS (
    SELECT
        member_state AS ref_area,
        reference_period AS time_period,
        aeo_type,
        active_from,
        active_to,
        suspended_from,
        suspended_to,
        {{ period_last_day('reference_period') }} AS last_day
    FROM {{ ref('stg_aeo_register') }}
),

active AS (
    SELECT
        ref_area,
        time_period,
        aeo_type
    FROM authorisations
    WHERE
        active_from <= last_day
        AND (active_to IS NULL OR active_to >= last_day)
        AND (suspended_from IS NULL OR suspended_from > last_day OR suspended_to < last_day)
),

areas AS (
    {{ with_the_eu('active', ['aeo_type']) }}
),

cells AS (
    {{ cube_cells('areas', 'aeo_register', ['AEO_TYPE'], {'authorisations': 'count(*)'}) }}
)

{{ observations('cells', 'o567-3', ['AEO_TYPE'], [
    ['NUMBER', 'PURE_NUMB', 'authorisations'],
]) }}
