WITH {{ asked_cycles('o567-1') }},

levels AS (
    SELECT
        ref_area,
        time_period,
        item AS authority_area,
        'NATIONAL' AS agreement_level,
        answer_count AS agreements
    FROM {{ ref('int_questionnaire_numbers') }}
    WHERE question_id = 'o567-1'
    UNION ALL
    -- An agreement with authorities of several areas counts under each of them and once in the total.
    SELECT
        'EU27_2020' AS ref_area,
        cycle AS time_period,
        coalesce(authority_area, '_T') AS authority_area,
        'EU' AS agreement_level,
        count(DISTINCT agreement_id) AS agreements
    FROM {{ ref('stg_eu_agreements') }}
    WHERE signed_date <= {{ period_last_day('cycle') }}
    GROUP BY cycle, CUBE (authority_area)
),

agreements AS (
    SELECT
        ref_area,
        time_period,
        authority_area,
        agreement_level,
        sum(agreements) AS agreements
    FROM levels
    GROUP BY ref_area, time_period, authority_area, CUBE (agreement_level)
),

-- Who was to answer the questionnaire, also where nobody did.
members AS (
    SELECT
        cycles.time_period,
        count(*) AS n_expected
    FROM (SELECT DISTINCT time_period FROM levels) AS cycles
    INNER JOIN {{ source('codelists', 'eu_member_state') }} AS states
        ON {{ is_valid_on('states', period_last_day('cycles.time_period')) }}
    GROUP BY cycles.time_period
),

-- A figure of the Union needs the Member States and the register, whose one sender is the Commission.
senders AS (
    SELECT
        members.time_period,
        questionnaire.n_senders AS n_states,
        questionnaire.n_expected AS n_states_expected,
        coalesce(questionnaire.n_senders, 0) + coalesce(register.n_senders, 0) AS n_senders,
        coalesce(questionnaire.n_expected, members.n_expected) + coalesce(register.n_expected, 1) AS n_expected
    FROM members
    LEFT JOIN {{ ref('int_senders') }} AS questionnaire
        ON questionnaire.feed = 'ms_questionnaire' AND members.time_period = questionnaire.period
    LEFT JOIN {{ ref('int_senders') }} AS register
        ON register.feed = 'eu_agreements' AND members.time_period = register.period
),

cells AS (
    SELECT
        agreements.ref_area,
        agreements.time_period,
        agreements.authority_area,
        agreements.agreement_level,
        agreements.agreements,
        CASE
            WHEN agreements.ref_area = 'EU27_2020' AND senders.n_senders < senders.n_expected THEN 'P' ELSE 'A'
        END AS obs_status,
        CASE WHEN agreements.ref_area = 'EU27_2020' THEN senders.n_senders ELSE senders.n_states END AS n_senders,
        CASE
            WHEN agreements.ref_area = 'EU27_2020' THEN senders.n_expected ELSE senders.n_states_expected
        END AS n_expected
    FROM agreements
    INNER JOIN senders
        ON agreements.time_period = senders.time_period
)

{{ observations('cells', 'o567-1', ['AUTHORITY_AREA', 'AGREEMENT_LEVEL'], [
    ['NUMBER', 'PURE_NUMB', 'agreements'],
], collection='ms_questionnaire', asked='asked') }}
