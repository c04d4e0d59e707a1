-- What one actor has to implement of one aspect of CRMS2 or, where there are any, of one release of it.
WITH parts AS (
    SELECT
        'EU27_2020' AS ref_area,
        systems.reference_period AS time_period,
        systems.aspect,
        systems.actor,
        systems.status,
        senders.obs_status,
        senders.n_senders,
        senders.n_expected
    FROM {{ ref('stg_it_systems') }} AS systems
    INNER JOIN {{ ref('int_senders') }} AS senders
        ON senders.feed = 'it_systems' AND systems.reference_period = senders.period
    WHERE systems.system_code = 'CRMS2'
),

cells AS (
    {{ status_cells('parts', ['ASPECT', 'ACTOR']) }}
)

{{ status_observations('cells', 'o4-4', ['ASPECT', 'ACTOR']) }}
