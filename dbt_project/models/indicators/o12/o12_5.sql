WITH registrations AS (
    SELECT
        member_state AS ref_area,
        reference_period AS time_period,
        operator_role,
        ics2_release AS release,
        registered_operators
    FROM {{ ref('stg_ics2_registrations') }}
),

areas AS (
    {{ with_the_eu('registrations', ['operator_role', 'release', 'registered_operators']) }}
),

cells AS (
    {{ cube_cells(
        'areas',
        'ics2_registrations',
        ['OPERATOR_ROLE', 'RELEASE'],
        {'registered_operators': 'sum(registered_operators)'},
    ) }}
)

{{ observations('cells', 'o12-5', ['OPERATOR_ROLE', 'RELEASE'], [
    ['NUMBER', 'PURE_NUMB', 'registered_operators'],
]) }}
