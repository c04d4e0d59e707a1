SELECT
    snapshot_date,
    office_id,
    language_code,
    office_country_code,
    office_name,
    office_roles,
    entry_state_code,
    valid_from,
    valid_to,
    _is_synthetic
FROM {{ source('accepted', 'customs_offices') }}
