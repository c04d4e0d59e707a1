{# Each element of a list joined by "; " as a row of its own, in a SELECT list. #}
{% macro each_of(text) -%}
    {%- if sql_engine() | trim == 'duckdb' -%}
    unnest(string_split({{ text }}, '; '))
    {%- else -%}
    explode(split({{ text }}, '; '))
    {%- endif -%}
{%- endmacro %}

{#
    Names and codes of a list, in lower case, with the code each stands for.

    codelist  table of the codes
    aliases   table of the other spellings
#}
{% macro names_of(codelist, aliases) -%}
    SELECT
        lower(code) AS name,
        code
    FROM {{ source('codelists', codelist) }}
    UNION
    SELECT
        lower(alias) AS name,
        code
    FROM {{ source('codelists', aliases) }}
{%- endmacro %}

{# The first value that is told, taking the renderings of a source in their order of trust. #}
{% macro first_told(column, renderings) -%}
    coalesce(
        {%- for rendering in renderings %}
        max(CASE WHEN record_source = '{{ rendering }}' THEN {{ column }} END){{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{# Texts as a list in SQL, one a line. #}
{% macro sql_list(texts) -%}
    (
        {%- for text in texts %}
        '{{ text }}'{{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
