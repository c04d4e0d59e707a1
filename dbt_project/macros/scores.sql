{#
    Observations of a question to the Member States that is answered on the scale 1 (not at all) to 4 (to a great extent).

    dimension      what the items of the question stand for, as the catalogue writes it; none where it has no items
    distributions  whether published distributions (survey_results) stand in for the cycles whose questionnaire did not
                   ask the question, or asked it in synthetic deliveries only. They cannot tell the mean of the
                   Member States' means: where they have items, no total over these is formed.
#}
{% macro score_indicator(indicator, dimension=none, distributions=false) -%}
    {%- set scores = [
        'count_1', 'count_2', 'count_3', 'count_4', 'no_reply', 'respondents', 'mean_score',
        'obs_status', 'n_senders', 'n_expected',
    ] -%}
    WITH {{ asked_cycles(indicator, distributions) }},

    cells AS (
        SELECT
            ref_area,
            time_period,
            {%- if dimension %}
            item AS {{ dimension | lower }},
            {%- endif %}
            {{ scores | join(',\n            ') }}
        FROM {{ ref('int_questionnaire_scores') }}
        WHERE
            question_id = '{{ indicator }}'
            {%- if not dimension %}
            AND item = '_T'
            {%- endif %}
            {%- if distributions %}
            AND time_period IN (SELECT time_period FROM asked)
            {%- endif %}
        {%- if distributions %}
        UNION ALL
        SELECT
            ref_area,
            time_period,
            {%- if dimension %}
            nullif(item, '_Z') AS {{ dimension | lower }},
            {%- endif %}
            {{ scores | join(',\n            ') }}
        FROM {{ ref('int_survey_scores') }}
        WHERE
            question_id = '{{ indicator }}'
            AND time_period NOT IN (SELECT time_period FROM asked)
            {%- if not dimension %}
            AND item = '_Z'
            {%- endif %}
        {%- endif %}
    )

    {{ score_observations(
        'cells', indicator, [dimension] if dimension else [], collection='ms_questionnaire', asked='asked'
    ) }}
{%- endmacro %}

{#
    Observations of scores. RESPONDENTS gave one and are the denominator of MEAN and SHARE_3_4, which are not there where
    nobody did.

    cells              name of a CTE as `observations` takes it, with count_1 ... count_4, no_reply, respondents, mean_score
    collection, asked  as `observations` takes them
#}
{% macro score_observations(cells, indicator, dimensions, collection=none, asked=none) -%}
    {{ observations(cells, indicator, dimensions, [
        ['MEAN', 'SCORE', 'mean_score'],
        ['SHARE_3_4', 'FRACTION', ratio('count_3 + count_4', 'respondents')],
        ['COUNT_1', 'PURE_NUMB', 'count_1'],
        ['COUNT_2', 'PURE_NUMB', 'count_2'],
        ['COUNT_3', 'PURE_NUMB', 'count_3'],
        ['COUNT_4', 'PURE_NUMB', 'count_4'],
        ['NO_REPLY', 'PURE_NUMB', 'no_reply'],
        ['RESPONDENTS', 'PURE_NUMB', 'respondents'],
    ], collection=collection, asked=asked) }}
{%- endmacro %}
