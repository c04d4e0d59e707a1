{{ config(materialized='table') }}
-- Hits of the common risk criteria and what became of them, by Member State and for the Union.
WITH hits AS (
    SELECT
        member_state AS ref_area,
        reference_period AS time_period,
        crc_code,
        movement,
        high_interest_country,
        sum(automated_hits) AS automated_hits,
        sum(hits_after_assessment) AS hits_after_assessment,
        sum(controls) AS controls,
        sum(positive_results) AS positive_results,
        {{ any_confidential('conf_status') }} AS conf_status
    FROM {{ ref('stg_crc_statistics') }}
    GROUP BY member_state, reference_period, crc_code, movement, high_interest_country
)

{{ with_the_eu('hits', [
    'crc_code', 'movement', 'high_interest_country', 'automated_hits', 'hits_after_assessment', 'controls',
    'positive_results', 'conf_status',
]) }}
