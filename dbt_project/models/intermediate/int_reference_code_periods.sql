-- When each code of each list was valid with which label.
{{ validity_periods(
    ref('stg_reference_codes'),
    ['list_agency', 'list_name', 'list_version'],
    ['entry_code', 'language_code'],
    'entry_label',
) }}
