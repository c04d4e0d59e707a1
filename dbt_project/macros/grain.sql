{# Every combination of the columns occurs once; NULLs count as values. #}
{% test unique_combination(model, columns) %}
    SELECT {{ columns | join(', ') }}
    FROM {{ model }}
    GROUP BY {{ columns | join(', ') }}
    HAVING count(*) > 1
{% endtest %}

{# The model is empty: what it lists are findings. #}
{% test has_no_rows(model) %}
    SELECT * FROM {{ model }}
{% endtest %}
