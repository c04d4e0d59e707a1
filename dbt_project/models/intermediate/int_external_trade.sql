-- Trade of Member States and of the EU with partners outside the EU, total over the statistical procedures.
WITH totals AS (
    SELECT
        freq,
        time_period,
        declarant,
        partner,
        product_code,
        flow_code,
        measure_code,
        -- The published total where there is one: its parts may be incomplete for confidentiality.
        coalesce(
            max(CASE WHEN stat_procedure_code = '_T' THEN measure_value END),
            sum(CASE WHEN stat_procedure_code <> '_T' THEN measure_value END)
        ) AS measure_value
    FROM {{ ref('stg_comext_trade') }}
    WHERE coalesce(trade_type_code, 'E') <> 'I'
    GROUP BY freq, time_period, declarant, partner, product_code, flow_code, measure_code
),

extra_eu AS (
    SELECT
        totals.*,
        groups.kind IS NOT NULL AS partner_is_group
    FROM totals
    LEFT JOIN {{ ref('int_eu_members') }} AS declarants
        ON totals.time_period = declarants.time_period AND totals.declarant = declarants.member_state
    LEFT JOIN {{ ref('int_eu_members') }} AS partners
        ON totals.time_period = partners.time_period AND totals.partner = partners.member_state
    LEFT JOIN {{ source('codelists', 'area_group') }} AS groups
        ON totals.partner = groups.code
    WHERE
        (declarants.member_state IS NOT NULL OR totals.declarant = 'EU27_2020')
        AND partners.member_state IS NULL
        -- Northern Ireland trades goods as if it were a Member State; QR, QV and QY are intra-EU by definition.
        AND totals.partner NOT IN ('XI', 'QR', 'QV', 'QY')
        -- A code of two letters that no list has is a new country; a longer one is a group, and which is not known.
        AND (groups.kind = 'extra_eu' OR (groups.kind IS NULL AND length(totals.partner) = 2))
)

SELECT
    freq,
    time_period,
    declarant,
    partner,
    partner_is_group,
    product_code,
    flow_code,
    max(CASE WHEN measure_code = 'VALUE_EUR' THEN measure_value END) AS value_eur,
    max(CASE WHEN measure_code = 'NET_MASS_KG' THEN measure_value END) AS net_mass_kg
FROM extra_eu
GROUP BY freq, time_period, declarant, partner, partner_is_group, product_code, flow_code
