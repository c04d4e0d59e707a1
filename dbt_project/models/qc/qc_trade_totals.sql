-- Where the Member States add up to more than the published EU figure: files of different dates, or a revision.
SELECT
    'comext_trade' AS feed,
    eu.time_period AS period,
    'product ' || eu.product_code || ', partner ' || eu.partner || ', flow ' || eu.flow_code AS subject,
    'the Member States add up to more than the EU' AS finding,
    cast(eu.value_eur AS DOUBLE) AS expected_value,
    cast(sum(members.value_eur) AS DOUBLE) AS found_value
FROM {{ ref('int_external_trade') }} AS eu
INNER JOIN {{ ref('int_external_trade') }} AS members
    ON
        eu.freq = members.freq
        AND eu.time_period = members.time_period
        AND eu.partner = members.partner
        AND eu.product_code = members.product_code
        AND eu.flow_code = members.flow_code
WHERE eu.declarant = 'EU27_2020' AND members.declarant <> 'EU27_2020'
GROUP BY eu.freq, eu.time_period, eu.product_code, eu.partner, eu.flow_code, eu.value_eur
-- A euro per Member State is rounding.
HAVING sum(members.value_eur) > eu.value_eur + 27
ORDER BY period, subject
