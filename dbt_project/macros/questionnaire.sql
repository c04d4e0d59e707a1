{#
    Observations of a question to the Member States that asks how many.

    dimension  what the items of the question stand for, as the catalogue writes it; none where it has no items
#}
{% macro number_indicator(indicator, dimension=none) -%}
    WITH {{ asked_cycles(indicator) }},

    cells AS (
        SELECT
            *
            {%- if dimension %},
            item AS {{ dimension | lower }}
            {%- endif %}
        FROM {{ ref('int_questionnaire_numbers') }}
        WHERE
            question_id = '{{ indicator }}'
            {%- if not dimension %}
            AND item = '_T'
            {%- endif %}
    )

    {{ observations('cells', indicator, [dimension] if dimension else [], [
        ['NUMBER', 'PURE_NUMB', 'answer_count'],
    ], collection='ms_questionnaire', asked='asked') }}
{%- endmacro %}

{#
    The CTE `asked`: the cycles whose questionnaire asked a question.

    distributions  whether published distributions tell the answers, too. Real displaces synthetic across the two feeds:
                   what Member States were made up to have answered does not count where a real distribution tells it.
#}
{% macro asked_cycles(question, distributions=false) -%}
    asked AS (
        SELECT DISTINCT cycle AS time_period
        FROM {{ ref('int_questionnaire_asked') }}
        WHERE
            question_id = '{{ question }}'
            {%- if distributions %}
            AND (
                NOT is_synthetic
                OR cycle NOT IN (
                    SELECT time_period
                    FROM {{ ref('int_survey_scores') }}
                    WHERE question_id = '{{ question }}' AND NOT is_synthetic
                )
            )
            {%- endif %}
    )
{%- endmacro %}
