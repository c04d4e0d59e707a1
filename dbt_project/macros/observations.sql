{#
    Cells to observations: one row per cell and measure, in the columns every indicator table has.

    cells         name of a CTE with ref_area, time_period, the dimensions in lower case, obs_status, n_senders,
                  n_expected, and conf_status where cells can be confidential
    indicator     id of the indicator
    dimensions    its dimensions as the catalogue writes them; a NULL is the total over the dimension
    measures      list of [measure, unit, expression over the cell]; where the expression is NULL (a denominator of 0,
                  a measure the source cannot give) there is no observation
    collection    feed of a collection of the Member States: each that has not delivered is named by one observation
                  without a value, of the first measure
    asked         name of a CTE with the time_period of every period in which the collection asked for the indicator;
                  none where it always does
#}
{% macro observations(cells, indicator, dimensions, measures, confidential=false, collection=none, asked=none) -%}
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
            {{ 'conf_status' if confidential else "'F'" }} AS CONF_STATUS,
            cast(n_senders AS BIGINT) AS N_SENDERS,
            cast(n_expected AS BIGINT) AS N_EXPECTED
        FROM {{ cells }}
        WHERE {{ expression }} IS NOT NULL
        {%- if not loop.last %}
        UNION ALL
        {%- endif %}
        {%- endfor %}
        {%- if collection %}
        UNION ALL
        SELECT
            '{{ indicator }}' AS INDICATOR,
            {{ period_frequency('missing.period') }} AS FREQ,
            missing.sender AS REF_AREA,
            missing.period AS TIME_PERIOD,
            {%- for dimension in dimensions %}
            '_T' AS {{ dimension }},
            {%- endfor %}
            '{{ measures[0][0] }}' AS MEASURE,
            '{{ measures[0][1] }}' AS UNIT_MEASURE,
            cast(NULL AS DOUBLE) AS OBS_VALUE,
            'L' AS OBS_STATUS,
            'F' AS CONF_STATUS,
            cast(missing.n_senders AS BIGINT) AS N_SENDERS,
            cast(missing.n_expected AS BIGINT) AS N_EXPECTED
        FROM {{ ref('int_missing_senders') }} AS missing
        WHERE
            missing.feed = '{{ collection }}'
            {%- if asked %}
            AND missing.period IN (SELECT time_period FROM {{ asked }})
            {%- endif %}
        {%- endif %}
    ) AS all_measures
    ORDER BY REF_AREA, TIME_PERIOD{% for dimension in dimensions %}, {{ dimension }}{% endfor %}, MEASURE
{%- endmacro %}

{# A share or mean from exact integers; NULL where the denominator is 0. #}
{% macro ratio(numerator, denominator) -%}
    cast({{ numerator }} AS DOUBLE) / nullif({{ denominator }}, 0)
{%- endmacro %}
