WITH declarations AS (
    SELECT
        'EU27_2020' AS ref_area,
        reference_period AS time_period,
        counterpart_area,
        transport_mode,
        ens_count
    FROM {{ ref('stg_ens_third_country_aeo') }}
),

cells AS (
    {{ cube_cells(
        'declarations',
        'ens_third_country_aeo',
        ['COUNTERPART_AREA', 'TRANSPORT_MODE'],
        {'declarations': 'sum(ens_count)'},
    ) }}
)

{{ observations('cells', 'o567-7', ['COUNTERPART_AREA', 'TRANSPORT_MODE'], [
    ['NUMBER', 'PURE_NUMB', 'declarations'],
]) }}
