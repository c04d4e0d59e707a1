-- What the criteria led to, over the full cube, with criteria in force that a sender says nothing of.
WITH hits AS (
    SELECT * FROM {{ ref('int_crc_hits') }}
),

cells AS (
    {{ cube_cells(
        'hits',
        'crc_statistics',
        ['CRC_CODE', 'MOVEMENT', 'HIGH_INTEREST_COUNTRY'],
        {
            'hits_automated': 'sum(automated_hits)',
            'hits_assessed': 'sum(hits_after_assessment)',
            'controls': 'sum(controls)',
            'positive_results': 'sum(positive_results)',
        },
        confidential=true,
    ) }}
),

reported AS (
    SELECT
        time_period,
        ref_area,
        coalesce(crc_code, '_T') AS crc_code,
        coalesce(movement, '_T') AS movement,
        coalesce(high_interest_country, '_T') AS high_interest_country,
        hits_automated,
        hits_assessed,
        controls,
        positive_results,
        conf_status,
        n_senders,
        n_expected,
        {{ period_last_day('time_period') }} AS last_day
    FROM cells
),

with_the_quarter_before AS (
    SELECT
        reported.*,
        CASE WHEN before.n_senders = reported.n_senders AND before.conf_status = 'F' THEN before.hits_automated END
            AS hits_before
    FROM reported
    LEFT JOIN reported AS before
        ON
            reported.ref_area = before.ref_area
            AND reported.crc_code = before.crc_code
            AND reported.movement = before.movement
            AND reported.high_interest_country = before.high_interest_country
            AND {{ last_day_of_quarter_before('reported.last_day') }} = before.last_day
),

silent AS (
    SELECT DISTINCT
        reported.time_period,
        reported.ref_area,
        criteria.code AS crc_code,
        reported.n_senders,
        reported.n_expected
    FROM reported
    INNER JOIN {{ source('codelists', 'crc_code') }} AS criteria
        ON {{ is_valid_on('criteria', 'reported.last_day') }}
    LEFT JOIN reported AS told
        ON
            reported.time_period = told.time_period
            AND reported.ref_area = told.ref_area
            AND criteria.code = told.crc_code
    WHERE told.crc_code IS NULL
)

SELECT
    time_period AS reference_period,
    ref_area,
    crc_code,
    movement,
    high_interest_country,
    cast(hits_automated AS BIGINT) AS hits_automated,
    cast(hits_assessed AS BIGINT) AS hits_assessed,
    cast(controls AS BIGINT) AS controls,
    cast(positive_results AS BIGINT) AS positive_results,
    {{ ratio('hits_assessed', 'hits_automated') }} AS assessed_share,
    {{ ratio('controls', 'hits_assessed') }} AS controlled_share,
    {{ ratio('positive_results', 'controls') }} AS positive_share,
    {{ ratio('(hits_automated - hits_before)', 'hits_before') }} AS hits_change_share,
    CASE
        WHEN hits_automated = 0 THEN 'NO_HIT'
        WHEN controls = 0 THEN 'NO_CONTROL'
        WHEN positive_results = 0 THEN 'NO_RESULT'
        ELSE 'RESULT'
    END AS crc_outcome,
    conf_status,
    cast(n_senders AS BIGINT) AS n_senders,
    cast(n_expected AS BIGINT) AS n_expected
FROM with_the_quarter_before
UNION ALL
SELECT
    time_period AS reference_period,
    ref_area,
    crc_code,
    '_T' AS movement,
    '_T' AS high_interest_country,
    cast(NULL AS BIGINT) AS hits_automated,
    cast(NULL AS BIGINT) AS hits_assessed,
    cast(NULL AS BIGINT) AS controls,
    cast(NULL AS BIGINT) AS positive_results,
    cast(NULL AS DOUBLE) AS assessed_share,
    cast(NULL AS DOUBLE) AS controlled_share,
    cast(NULL AS DOUBLE) AS positive_share,
    cast(NULL AS DOUBLE) AS hits_change_share,
    'NO_ROW' AS crc_outcome,
    'F' AS conf_status,
    cast(n_senders AS BIGINT) AS n_senders,
    cast(n_expected AS BIGINT) AS n_expected
FROM silent
ORDER BY reference_period, ref_area, crc_code, movement, high_interest_country
