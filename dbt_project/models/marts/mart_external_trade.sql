-- Product x partner x period, by Member State and for the EU: as published, else added up over the Member States.
WITH declared AS (
    SELECT
        *,
        CASE WHEN declarant = 'EU27_2020' THEN cast(NULL AS BIGINT) ELSE 1 END AS declarants_count
    FROM {{ ref('int_external_trade') }}
),

published_eu AS (
    SELECT DISTINCT
        freq,
        time_period,
        partner,
        product_code,
        flow_code
    FROM declared
    WHERE declarant = 'EU27_2020'
),

added_up AS (
    SELECT
        declared.freq,
        declared.time_period,
        'EU27_2020' AS declarant,
        declared.partner,
        declared.partner_is_group,
        declared.product_code,
        declared.flow_code,
        sum(declared.value_eur) AS value_eur,
        sum(declared.net_mass_kg) AS net_mass_kg,
        count(*) AS declarants_count
    FROM declared
    LEFT JOIN published_eu
        ON
            declared.freq = published_eu.freq
            AND declared.time_period = published_eu.time_period
            AND declared.partner = published_eu.partner
            AND declared.product_code = published_eu.product_code
            AND declared.flow_code = published_eu.flow_code
    WHERE published_eu.freq IS NULL
    GROUP BY
        declared.freq,
        declared.time_period,
        declared.partner,
        declared.partner_is_group,
        declared.product_code,
        declared.flow_code
),

all_rows AS (
    SELECT * FROM declared
    UNION ALL
    SELECT * FROM added_up
)

SELECT
    all_rows.freq,
    all_rows.time_period,
    all_rows.declarant,
    all_rows.partner,
    all_rows.partner_is_group,
    all_rows.product_code,
    texts.product_text,
    all_rows.flow_code,
    cast(all_rows.value_eur AS DECIMAL(24, 6)) AS value_eur,
    cast(all_rows.net_mass_kg AS DECIMAL(24, 6)) AS net_mass_kg,
    {{ ratio('all_rows.value_eur', 'all_rows.net_mass_kg') }} AS unit_value_eur_per_kg,
    all_rows.declarants_count
FROM all_rows
LEFT JOIN {{ ref('int_goods_texts') }} AS texts ON all_rows.product_code = texts.goods_code
ORDER BY
    all_rows.freq,
    all_rows.time_period,
    all_rows.declarant,
    all_rows.partner,
    all_rows.product_code,
    all_rows.flow_code
