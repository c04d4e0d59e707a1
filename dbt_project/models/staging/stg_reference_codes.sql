SELECT
    snapshot_date,
    list_agency,
    list_name,
    list_version,
    entry_code,
    language_code,
    entry_label,
    parent_code,
    entry_state_code,
    valid_from,
    valid_to,
    _is_synthetic
FROM {{ source('accepted', 'reference_codes') }}
