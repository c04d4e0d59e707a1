{# SDMX frequency of a period: A, Q, M, D, or A2, A3 ... for a cycle of years, by its length. #}
{% macro period_frequency(period) -%}
    CASE
        WHEN length({{ period }}) = 4 THEN 'A'
        WHEN {{ period }} LIKE '____-Q_' THEN 'Q'
        WHEN length({{ period }}) = 7 THEN 'M'
        WHEN length({{ period }}) = 10 THEN 'D'
        ELSE 'A' || cast(cast(right({{ period }}, 4) AS INTEGER) - cast(left({{ period }}, 4) AS INTEGER) + 1 AS STRING)
    END
{%- endmacro %}

{# Last day of a period; the composition of the EU is that of this day. #}
{% macro period_last_day(period) -%}
    CASE
        WHEN length({{ period }}) = 4 THEN cast({{ period }} || '-12-31' AS DATE)
        WHEN {{ period }} LIKE '____-Q_'
            THEN last_day(cast(left({{ period }}, 5) || lpad(cast(3 * cast(right({{ period }}, 1) AS INTEGER) AS STRING), 2, '0') || '-01' AS DATE))
        WHEN length({{ period }}) = 7 THEN last_day(cast({{ period }} || '-01' AS DATE))
        WHEN length({{ period }}) = 10 THEN cast({{ period }} AS DATE)
        ELSE cast(right({{ period }}, 4) || '-12-31' AS DATE)
    END
{%- endmacro %}

{# Whether a code of a codelist is valid on a day; open ends are NULL. #}
{% macro is_valid_on(codelist, day) -%}
    coalesce({{ codelist }}.valid_from <= {{ day }}, TRUE) AND coalesce({{ day }} <= {{ codelist }}.valid_to, TRUE)
{%- endmacro %}

{# Last day of the quarter before the one that ends on a day. #}
{% macro last_day_of_quarter_before(day) -%}
    {%- if sql_engine() | trim == 'duckdb' -%}
    last_day(cast({{ day }} - INTERVAL 3 MONTH AS DATE))
    {%- else -%}
    last_day(add_months({{ day }}, -3))
    {%- endif -%}
{%- endmacro %}
