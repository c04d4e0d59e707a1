WITH counts AS (
    SELECT * FROM {{ ref('int_control_counts') }}
),

cells AS (
    {{ cube_cells(
        'counts',
        'control_statistics',
        ['CONTROL_TYPE', 'DECLARATION_TYPE'],
        {
            'aeo_controls': "sum(CASE WHEN operator_status = 'AEO' THEN controls ELSE 0 END)",
            'aeo_irregularities': "sum(CASE WHEN operator_status = 'AEO' THEN irregularities ELSE 0 END)",
            'other_controls': "sum(CASE WHEN operator_status = 'NON_AEO' THEN controls ELSE 0 END)",
            'other_irregularities': "sum(CASE WHEN operator_status = 'NON_AEO' THEN irregularities ELSE 0 END)",
        },
        confidential=true,
    ) }}
)

{{ observations('cells', 'o567-20', ['CONTROL_TYPE', 'DECLARATION_TYPE'], [
    ['IRREGULARITIES_AEO', 'PURE_NUMB', 'aeo_irregularities'],
    ['IRREGULARITIES_NON_AEO', 'PURE_NUMB', 'other_irregularities'],
    ['DIFFERENCE', 'PURE_NUMB', 'aeo_irregularities - other_irregularities'],
    ['RATE_AEO', 'FRACTION', ratio('aeo_irregularities', 'aeo_controls')],
    ['RATE_NON_AEO', 'FRACTION', ratio('other_irregularities', 'other_controls')],
    [
        'RATE_DIFFERENCE',
        'FRACTION',
        ratio('aeo_irregularities', 'aeo_controls') ~ ' - ' ~ ratio('other_irregularities', 'other_controls'),
    ],
], confidential=true, collection='control_statistics') }}
