{{ config(materialized='table') }}
-- Controls and what they found, added up once for all indicators on controls, by Member State and for the Union.
WITH counts AS (
    SELECT
        member_state AS ref_area,
        reference_period AS time_period,
        control_type,
        declaration_type,
        declaration_subtype,
        operator_status,
        sum(controls) AS controls,
        sum(irregularities) AS irregularities,
        {{ any_confidential('conf_status') }} AS conf_status
    FROM {{ ref('stg_control_statistics') }}
    GROUP BY member_state, reference_period, control_type, declaration_type, declaration_subtype, operator_status
)

{{ with_the_eu('counts', [
    'control_type', 'declaration_type', 'declaration_subtype', 'operator_status', 'controls', 'irregularities',
    'conf_status',
]) }}
