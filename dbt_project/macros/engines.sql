{#
    The engine a model is written for, duckdb or spark: the target's, or another that is asked for to see its SQL
    (`dbt compile --vars 'sql_engine: spark'`). Only macros ask; models keep to what the engines share.
#}
{% macro sql_engine() -%}
    {{ var('sql_engine', target.type) }}
{%- endmacro %}
