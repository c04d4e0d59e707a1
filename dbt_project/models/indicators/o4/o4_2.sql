-- All criteria defined so far, those that have ended since included.
WITH criteria AS (
    SELECT
        'EU27_2020' AS ref_area,
        reference_period AS time_period,
        crc_policy_area
    FROM {{ ref('stg_common_risk_criteria') }}
    WHERE valid_from <= {{ period_last_day('reference_period') }}
),

cells AS (
    {{ cube_cells('criteria', 'common_risk_criteria', ['CRC_POLICY_AREA'], {'criteria': 'count(*)'}) }}
)

{{ observations('cells', 'o4-2', ['CRC_POLICY_AREA'], [
    ['NUMBER', 'PURE_NUMB', 'criteria'],
]) }}
