WITH hits AS (
    SELECT * FROM {{ ref('int_crc_hits') }}
),

cells AS (
    {{ cube_cells(
        'hits',
        'crc_statistics',
        ['CRC_CODE', 'MOVEMENT', 'HIGH_INTEREST_COUNTRY'],
        {'automated_hits': 'sum(automated_hits)', 'hits_after_assessment': 'sum(hits_after_assessment)'},
        confidential=true,
    ) }}
)

{{ observations('cells', 'o4-7', ['CRC_CODE', 'MOVEMENT', 'HIGH_INTEREST_COUNTRY'], [
    ['HITS_AUTOMATED', 'PURE_NUMB', 'automated_hits'],
    ['HITS_ASSESSED', 'PURE_NUMB', 'hits_after_assessment'],
], confidential=true, collection='crc_statistics') }}
