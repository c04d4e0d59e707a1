WITH fora_tools AS (
    SELECT
        'EU27_2020' AS ref_area,
        reference_period AS time_period,
        forum_tool_kind,
        forum_tool_status
    FROM {{ ref('stg_fora_tools') }}
),

cells AS (
    {{ cube_cells(
        'fora_tools', 'fora_tools', ['FORUM_TOOL_KIND', 'FORUM_TOOL_STATUS'], {'fora_tools': 'count(*)'}
    ) }}
)

{{ observations('cells', 'o12-6', ['FORUM_TOOL_KIND', 'FORUM_TOOL_STATUS'], [
    ['NUMBER', 'PURE_NUMB', 'fora_tools'],
]) }}
