{#
    Rows of areas, and the same rows of the Member States once more for the European Union.

    rows     name of a CTE with ref_area, time_period and the columns
    columns  what else it has
#}
{% macro with_the_eu(rows, columns) -%}
    SELECT
        ref_area,
        time_period,
        {{ columns | join(',\n        ') }}
    FROM {{ rows }}
    UNION ALL
    SELECT
        'EU27_2020' AS ref_area,
        {{ rows }}.time_period,
        {{ rows }}.{{ columns | join(',\n        ' ~ rows ~ '.') }}
    FROM {{ rows }}
    INNER JOIN {{ source('codelists', 'eu_member_state') }} AS members
        ON
            {{ rows }}.ref_area = members.code
            AND {{ is_valid_on('members', period_last_day(rows ~ '.time_period')) }}
{%- endmacro %}

{#
    Rows to cells: the full cube over the dimensions, with the senders of the feed. A NULL is the total over a dimension.

    rows        name of a CTE with ref_area, time_period, the dimensions in lower case and what is aggregated; with
                conf_status where rows can be confidential: a cell is, if one of its rows is
    feed        whose senders count
    dimensions  as the catalogue writes them
    aggregates  expressions over the rows by name
#}
{% macro cube_cells(rows, feed, dimensions, aggregates, confidential=false) -%}
    {%- set columns = dimensions | map('lower') | list -%}
    SELECT
        cubed.ref_area,
        cubed.time_period,
        {%- for column in columns + (aggregates.keys() | list) + (['conf_status'] if confidential else []) %}
        cubed.{{ column }},
        {%- endfor %}
        {{ area_status('cubed', 'senders') }} AS obs_status,
        senders.n_senders,
        senders.n_expected
    FROM (
        SELECT
            ref_area,
            time_period,
            {%- for column in columns %}
            {{ column }},
            {%- endfor %}
            {%- for name, expression in aggregates.items() %}
            {{ expression }} AS {{ name }}{{ ',' if confidential or not loop.last }}
            {%- endfor %}
            {%- if confidential %}
            {{ any_confidential('conf_status') }} AS conf_status
            {%- endif %}
        FROM {{ rows }}
        GROUP BY ref_area, time_period{% if columns %}, CUBE ({{ columns | join(', ') }}){% endif %}
    ) AS cubed
    INNER JOIN {{ ref('int_senders') }} AS senders
        ON senders.feed = '{{ feed }}' AND cubed.time_period = senders.period
{%- endmacro %}

{# A figure of the Union is provisional while a sender is missing; a Member State's own is not. #}
{% macro area_status(cells, senders) -%}
    CASE WHEN {{ cells }}.ref_area = 'EU27_2020' THEN {{ senders }}.obs_status ELSE 'A' END
{%- endmacro %}

{# Whether one of the rows is confidential (C) or not for publication (N): C, else F. #}
{% macro any_confidential(conf_status) -%}
    CASE WHEN count(CASE WHEN {{ conf_status }} IN ('C', 'N') THEN 1 END) > 0 THEN 'C' ELSE 'F' END
{%- endmacro %}
