WITH counts AS (
    SELECT * FROM {{ ref('int_control_counts') }}
),

cells AS (
    {{ cube_cells(
        'counts',
        'control_statistics',
        ['CONTROL_TYPE', 'DECLARATION_TYPE', 'DECLARATION_SUBTYPE'],
        {'controls': 'sum(controls)'},
        confidential=true,
    ) }}
)

{{ observations('cells', 'o3-5', ['CONTROL_TYPE', 'DECLARATION_TYPE', 'DECLARATION_SUBTYPE'], [
    ['NUMBER', 'PURE_NUMB', 'controls'],
], confidential=true, collection='control_statistics') }}
