{#
    Observations of a question answered on the scale 1 (not at all) to 4 (to a great extent).

    RESPONDENTS gave a score and are the denominator of MEAN and SHARE_3_4. A question asked without items goes to the
    total of its dimension. Where a question has items the distributions cannot tell the mean of the Member States'
    means, so no total over the items is formed here.
#}
{% macro score_indicator(indicator, dimension=none) -%}
    WITH cells AS (
        SELECT
            ref_area,
            time_period,
            {%- if dimension %}
            nullif(item, '_Z') AS {{ dimension | lower }},
            {%- endif %}
            count_1,
            count_2,
            count_3,
            count_4,
            no_reply,
            count_1 + count_2 + count_3 + count_4 AS respondents,
            obs_status,
            n_senders,
            n_expected
        FROM {{ ref('int_survey_scores') }}
        WHERE
            question_id = '{{ indicator }}'
            {%- if not dimension %}
            AND item = '_Z'
            {%- endif %}
    )

    {{ observations('cells', indicator, [dimension] if dimension else [], [
        ['MEAN', 'SCORE', ratio('count_1 + 2 * count_2 + 3 * count_3 + 4 * count_4', 'respondents')],
        ['SHARE_3_4', 'FRACTION', ratio('count_3 + count_4', 'respondents')],
        ['COUNT_1', 'PURE_NUMB', 'count_1'],
        ['COUNT_2', 'PURE_NUMB', 'count_2'],
        ['COUNT_3', 'PURE_NUMB', 'count_3'],
        ['COUNT_4', 'PURE_NUMB', 'count_4'],
        ['NO_REPLY', 'PURE_NUMB', 'no_reply'],
        ['RESPONDENTS', 'PURE_NUMB', 'respondents'],
    ]) }}
{%- endmacro %}
