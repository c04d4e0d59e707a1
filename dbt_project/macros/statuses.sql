{#
    Observations of a state of implementation: how many parts have each status, over the full cube of the dimensions,
    and the share that is completed of all four statuses.

    parts       name of a CTE with ref_area, time_period, the dimensions in lower case, status, obs_status, n_senders,
                n_expected; one row per part that is implemented
#}
{% macro status_cells(parts, dimensions) -%}
    SELECT
        ref_area,
        time_period,
        {%- for dimension in dimensions %}
        {{ dimension | lower }},
        {%- endfor %}
        count(CASE WHEN status = 'NOT_STARTED' THEN 1 END) AS not_started,
        count(CASE WHEN status = 'ONGOING' THEN 1 END) AS ongoing,
        count(CASE WHEN status = 'COMPLETED' THEN 1 END) AS completed,
        count(CASE WHEN status = 'PERMANENT' THEN 1 END) AS permanent,
        count(*) AS parts,
        max(obs_status) AS obs_status,
        max(n_senders) AS n_senders,
        max(n_expected) AS n_expected
    FROM {{ parts }}
    GROUP BY ref_area, time_period, CUBE ({{ dimensions | map('lower') | join(', ') }})
{%- endmacro %}

{% macro status_observations(cells, indicator, dimensions) -%}
    {{ observations(cells, indicator, dimensions, [
        ['COUNT_NOT_STARTED', 'PURE_NUMB', 'not_started'],
        ['COUNT_ONGOING', 'PURE_NUMB', 'ongoing'],
        ['COUNT_COMPLETED', 'PURE_NUMB', 'completed'],
        ['COUNT_PERMANENT', 'PURE_NUMB', 'permanent'],
        ['SHARE_COMPLETED', 'FRACTION', ratio('completed', 'parts')],
    ]) }}
{%- endmacro %}
