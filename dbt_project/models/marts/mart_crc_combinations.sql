-- Hits of several criteria on one declaration; _T over the movements only, since combinations overlap.
WITH hits AS (
    SELECT
        member_state AS ref_area,
        reference_period AS time_period,
        crc_codes,
        movement,
        automated_hits,
        hits_after_assessment,
        conf_status
    FROM {{ ref('stg_crc_combination_statistics') }}
),

everywhere AS (
    {{ with_the_eu('hits', ['crc_codes', 'movement', 'automated_hits', 'hits_after_assessment', 'conf_status']) }}
),

cells AS (
    {{ cube_cells(
        'everywhere',
        'crc_combination_statistics',
        ['CRC_CODES', 'MOVEMENT'],
        {'hits_automated': 'sum(automated_hits)', 'hits_assessed': 'sum(hits_after_assessment)'},
        confidential=true,
    ) }}
)

SELECT
    time_period AS reference_period,
    ref_area,
    crc_codes,
    coalesce(movement, '_T') AS movement,
    cast(hits_automated AS BIGINT) AS hits_automated,
    cast(hits_assessed AS BIGINT) AS hits_assessed,
    {{ ratio('hits_assessed', 'hits_automated') }} AS assessed_share,
    conf_status,
    cast(n_senders AS BIGINT) AS n_senders,
    cast(n_expected AS BIGINT) AS n_expected
FROM cells
WHERE crc_codes IS NOT NULL
ORDER BY reference_period, ref_area, crc_codes, movement
