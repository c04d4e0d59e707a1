WITH counts AS (
    SELECT * FROM {{ ref('int_control_counts') }}
),

cells AS (
    {{ cube_cells(
        'counts',
        'control_statistics',
        ['CONTROL_TYPE', 'DECLARATION_TYPE', 'DECLARATION_SUBTYPE'],
        {'controls': 'sum(controls)', 'irregularities': 'sum(irregularities)'},
        confidential=true,
    ) }}
)

{{ observations('cells', 'o3-6', ['CONTROL_TYPE', 'DECLARATION_TYPE', 'DECLARATION_SUBTYPE'], [
    ['SHARE', 'FRACTION', ratio('irregularities', 'controls')],
    ['CONTROLS', 'PURE_NUMB', 'controls'],
    ['IRREGULARITIES', 'PURE_NUMB', 'irregularities'],
], confidential=true, collection='control_statistics') }}
