SELECT
    reference_period,
    forum_tool_id,
    forum_tool_name,
    forum_tool_kind,
    forum_tool_status,
    allows_traceability,
    _sender,
    _is_synthetic
FROM {{ source('accepted', 'fora_tools') }}
