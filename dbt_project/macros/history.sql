{#
    Snapshots of lists to validity periods, one row per entry, label and period.

    A period begins on the day the entry names or, where it names none or only its label is new, on the day of the first
    snapshot that has it. It ends on the day the entry names, else on the day before the first later snapshot of the same
    list that has not got it, and is open while the newest snapshot has it. Entries of lists without a day are as they are.

    relation       rows with snapshot_date, valid_from and valid_to
    list_columns   what names a list; snapshots of different lists do not end each other's entries
    entry_columns  what names an entry within a list
    label          the column whose change ends one period and begins another
#}
{% macro validity_periods(relation, list_columns, entry_columns, label) -%}
    {%- set in_list = list_columns | join(', ') -%}
    {%- set in_entry = (list_columns + entry_columns) | join(', ') -%}
    WITH snapshots AS (
        SELECT
            {{ in_list }},
            snapshot_date,
            row_number() OVER (PARTITION BY {{ in_list }} ORDER BY snapshot_date) AS snapshot_number,
            lead(snapshot_date) OVER (PARTITION BY {{ in_list }} ORDER BY snapshot_date) AS next_snapshot_date
        FROM (SELECT DISTINCT {{ in_list }}, snapshot_date FROM {{ relation }} WHERE snapshot_date IS NOT NULL) AS days
    ),

    seen AS (
        SELECT
            entries.*,
            snapshots.snapshot_number,
            snapshots.snapshot_number - row_number() OVER (
                PARTITION BY entries.{{ (list_columns + entry_columns + [label]) | join(', entries.') }}
                ORDER BY snapshots.snapshot_number
            ) AS run_number
        FROM {{ relation }} AS entries
        INNER JOIN snapshots
            ON
                entries.snapshot_date = snapshots.snapshot_date
                {%- for column in list_columns %}
                AND entries.{{ column }} = snapshots.{{ column }}
                {%- endfor %}
    ),

    runs AS (
        SELECT
            {{ in_entry }},
            {{ label }},
            min(snapshot_date) AS first_snapshot_date,
            max(snapshot_number) AS last_snapshot_number,
            min(valid_from) AS told_valid_from,
            max(valid_to) AS told_valid_to
        FROM seen
        GROUP BY {{ in_entry }}, {{ label }}, run_number
    ),

    numbered AS (
        SELECT
            runs.*,
            snapshots.next_snapshot_date,
            row_number() OVER (
                PARTITION BY runs.{{ (list_columns + entry_columns) | join(', runs.') }} ORDER BY runs.first_snapshot_date
            ) AS period_number
        FROM runs
        INNER JOIN snapshots
            ON
                runs.last_snapshot_number = snapshots.snapshot_number
                {%- for column in list_columns %}
                AND runs.{{ column }} = snapshots.{{ column }}
                {%- endfor %}
    )

    SELECT
        {{ in_entry }},
        {{ label }},
        CASE
            WHEN period_number = 1 THEN coalesce(told_valid_from, first_snapshot_date) ELSE first_snapshot_date
        END AS valid_from,
        coalesce(told_valid_to, cast(next_snapshot_date - INTERVAL 1 DAY AS DATE)) AS valid_to
    FROM numbered
    UNION ALL
    SELECT
        {{ in_entry }},
        {{ label }},
        valid_from,
        valid_to
    FROM {{ relation }}
    WHERE snapshot_date IS NULL
{%- endmacro %}
