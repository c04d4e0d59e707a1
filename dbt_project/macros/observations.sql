{#
    Cells to observations: one row per cell and measure, in the columns every indicator table has.

    cells       name of a CTE with ref_area, time_period, the dimensions in lower case, obs_status, n_senders, n_expected
    indicator   id of the indicator
    dimensions  its dimensions as the catalogue writes them; a NULL is the total over the dimension
    measures    list of [measure, unit, expression over the cell]; where the expression is NULL (a denominator of 0, a
                measure the source cannot give) there is no observation
#}
{% macro observations(cells, indicator, dimensions, measures) -%}
    SELECT *
    FROM (
        {%- for measure, unit, expression in measures %}
        SELECT
            '{{ indicator }}' AS INDICATOR,
            {{ period_frequency('time_period') }} AS FREQ,
            ref_area AS REF_AREA,
            time_period AS TIME_PERIOD,
            {%- for dimension in dimensions %}
            coalesce({{ dimension | lower }}, '_T') AS {{ dimension }},
            {%- endfor %}
            '{{ measure }}' AS MEASURE,
            '{{ unit }}' AS UNIT_MEASURE,
            cast({{ expression }} AS DOUBLE) AS OBS_VALUE,
            obs_status AS OBS_STATUS,
            'F' AS CONF_STATUS,
            cast(n_senders AS BIGINT) AS N_SENDERS,
            cast(n_expected AS BIGINT) AS N_EXPECTED
        FROM {{ cells }}
        {%- if not loop.last %}
        UNION ALL
        {%- endif %}
        {%- endfor %}
    ) AS all_measures
    WHERE OBS_VALUE IS NOT NULL
    ORDER BY REF_AREA, TIME_PERIOD{% for dimension in dimensions %}, {{ dimension }}{% endfor %}, MEASURE
{%- endmacro %}

{# A share or mean from exact integers; NULL where the denominator is 0. #}
{% macro ratio(numerator, denominator) -%}
    cast({{ numerator }} AS DOUBLE) / nullif({{ denominator }}, 0)
{%- endmacro %}
