-- An action in which several Member States take part counts once for the Union.
WITH participations AS (
    SELECT
        member_state AS ref_area,
        reference_period AS time_period,
        action_kind,
        action_code
    FROM {{ ref('stg_programme_actions') }}
),

areas AS (
    {{ with_the_eu('participations', ['action_kind', 'action_code']) }}
),

cells AS (
    {{ cube_cells('areas', 'programme_actions', ['ACTION_KIND'], {'actions': 'count(DISTINCT action_code)'}) }}
)

{{ observations('cells', 'o567-2', ['ACTION_KIND'], [
    ['NUMBER', 'PURE_NUMB', 'actions'],
]) }}
