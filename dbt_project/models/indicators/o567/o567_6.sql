WITH agreements AS (
    SELECT
        'EU27_2020' AS ref_area,
        reference_period AS time_period,
        counterpart_area,
        agreement_status
    FROM {{ ref('stg_mutual_recognition_agreements') }}
),

cells AS (
    {{ cube_cells(
        'agreements',
        'mutual_recognition_agreements',
        ['COUNTERPART_AREA', 'AGREEMENT_STATUS'],
        {'agreements': 'count(*)'},
    ) }}
)

{{ observations('cells', 'o567-6', ['COUNTERPART_AREA', 'AGREEMENT_STATUS'], [
    ['NUMBER', 'PURE_NUMB', 'agreements'],
]) }}
