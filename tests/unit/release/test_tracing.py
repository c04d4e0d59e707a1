"""Every construct that models use carries the rows that a figure rests on; what is not followed is refused."""

from __future__ import annotations

import duckdb
import pytest

from customs_monitor.release.tracing import TRACED, Tracer, Untraceable

#: Line, area, group, number of accepted rows of one delivery.
ROWS = "(2, 'FR', 'A', 5), (3, 'FR', 'B', NULL), (4, 'FR', 'A', 7), (5, 'DE', 'A', 0)"


@pytest.fixture
def database():
    with duckdb.connect() as connection:
        connection.execute(
            f"""CREATE SCHEMA accepted; CREATE SCHEMA codelists; CREATE SCHEMA {TRACED};
            CREATE TABLE accepted.feed AS
                SELECT line AS _line_number, area, kind, number,
                    'x1' AS _delivery_id, '2026' AS _period, 'FR' AS _sender
                FROM (VALUES {ROWS}) AS rows (line, area, kind, number);
            CREATE TABLE accepted.deliveries AS SELECT 'feed' AS feed, 'FR' AS sender;
            CREATE TABLE codelists.states AS SELECT unnest(['FR', 'DE', 'EL']) AS code"""
        )
        yield connection


def lines(database, *models: str, column: str = "value") -> dict[object, set[int]]:
    """Rewrite models m0, m1 ... and return, by the first column of the last, the lines that a column rests on."""

    def columns(schema, table):
        found = database.execute(
            "SELECT column_name FROM duckdb_columns() WHERE schema_name = ? AND table_name = ?", [schema, table]
        ).fetchall()
        return tuple(name for (name,) in found) if schema in ("accepted", "codelists") and found else None

    tracer = Tracer(columns)
    for number, sql in enumerate(models):
        database.execute(f"CREATE VIEW {TRACED}.m{number} AS {tracer.rewritten(f'm{number}', sql)}")
    last = f"m{len(models) - 1}"
    relation = tracer.models[last]
    carrier = relation.carrier(column)
    assert carrier
    rows = database.execute(f"SELECT {relation.columns[0]}, {carrier} FROM {TRACED}.{last}").fetchall()
    return {key: {row["line"] for row in found if row} for key, found in rows}


FEED = '"build"."accepted"."feed"'


class TestAggregates:
    def test_a_count_of_all_rests_on_its_group(self, database):
        assert lines(database, f"SELECT area, count(*) AS value FROM {FEED} GROUP BY area") == {
            "FR": {2, 3, 4},
            "DE": {5},
        }

    def test_a_sum_rests_on_the_rows_that_have_a_value_and_a_zero_is_one(self, database):
        assert lines(database, f"SELECT area, sum(number) AS value FROM {FEED} GROUP BY area") == {
            "FR": {2, 4},
            "DE": {5},
        }

    @pytest.mark.parametrize(
        "value",
        [
            "sum(CASE WHEN kind = 'A' THEN number ELSE 0 END)",
            "count(CASE WHEN kind = 'A' THEN 1 END)",
            "cast(count(CASE WHEN kind = 'A' THEN 1 END) AS DOUBLE) / nullif(sum(number), 0)",
            "count(DISTINCT CASE WHEN kind = 'A' THEN kind END)",
            "count(*) FILTER (kind = 'A')",
            "sum(number) FILTER (kind = 'A') + count(*) FILTER (number > 6)",
        ],
    )
    def test_a_conditional_aggregate_rests_on_the_rows_that_fulfil_it(self, database, value):
        assert lines(database, f"SELECT area, {value} AS value FROM {FEED} GROUP BY area")["FR"] == {2, 4}

    def test_every_row_that_names_what_is_counted_once_is_told(self, database):
        assert lines(database, f"SELECT area, count(DISTINCT kind) AS value FROM {FEED} GROUP BY area")["FR"] == {
            2, 3, 4,
        }  # fmt: skip

    def test_totals_of_a_cube_rest_on_all_their_rows(self, database):
        sql = f"SELECT coalesce(kind, '_T') AS kind, sum(number) AS value FROM {FEED} GROUP BY CUBE (kind)"
        assert lines(database, sql) == {"A": {2, 4, 5}, "B": set(), "_T": {2, 4, 5}}

    def test_a_figure_from_several_aggregates_rests_on_the_rows_of_each(self, database):
        models = [
            f"SELECT area, count(CASE WHEN kind = 'B' THEN 1 END) AS b, sum(number) AS n FROM {FEED} GROUP BY area",
            'SELECT area, b / n AS value, b FROM "build"."intermediate"."m0"',
        ]
        assert lines(database, *models)["FR"] == {2, 3, 4}
        database.execute(f"DROP VIEW {TRACED}.m1; DROP VIEW {TRACED}.m0")
        assert lines(database, *models, column="b")["FR"] == {3}


class TestRelations:
    def test_a_union_keeps_the_rows_of_each_branch(self, database):
        sql = f"""WITH counts AS (SELECT area, count(*) AS value FROM {FEED} GROUP BY area)
        SELECT * FROM (
            SELECT area, value FROM counts UNION ALL
            SELECT 'EU' AS area, counts.value FROM counts
            INNER JOIN "build"."codelists"."states" AS states ON counts.area = states.code AND counts.area = 'FR'
        ) AS both ORDER BY area"""
        assert lines(database, sql) == {"FR": {2, 3, 4}, "DE": {5}, "EU": {2, 3, 4}}

    def test_who_has_no_row_rests_on_nothing(self, database):
        sql = f"""SELECT states.code, count(rows.area) AS value FROM "build"."codelists"."states" AS states
        LEFT JOIN {FEED} AS rows ON states.code = rows.area GROUP BY states.code"""
        assert lines(database, sql) == {"FR": {2, 3, 4}, "DE": {5}, "EL": set()}

    def test_that_something_occurs_is_no_figure(self, database):
        sql = f"""SELECT kinds.kind, sum(rows.number) AS value FROM (SELECT DISTINCT kind FROM {FEED}) AS kinds
        LEFT JOIN {FEED} AS rows ON kinds.kind = rows.kind AND rows.area = 'FR' GROUP BY kinds.kind"""
        assert lines(database, sql) == {"A": {2, 4}, "B": set()}

    def test_the_list_of_deliveries_is_no_row_of_a_feed(self, database):
        sql = f"""SELECT rows.area, sum(rows.number) AS value, max(sent.senders) AS senders FROM {FEED} AS rows
        CROSS JOIN (SELECT count(*) AS senders FROM "build"."accepted"."deliveries") AS sent GROUP BY rows.area"""
        assert lines(database, sql)["FR"] == {2, 4}

    def test_a_star_carries_what_each_column_rests_on(self, database):
        models = [
            f"SELECT area, sum(number) AS n FROM {FEED} GROUP BY area",
            "WITH all_of AS (SELECT * FROM m.m0) SELECT all_of.*, n AS value FROM all_of",
        ]
        assert lines(database, *models)["FR"] == {2, 4}


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT * FROM nowhere.at_all", "no model, feed or codelist"),
        (f"SELECT * EXCLUDE (area) FROM {FEED}", "leaves out"),
        (f"SELECT area, count(*) FROM {FEED} GROUP BY area", "without a name"),
        (f"SELECT area FROM {FEED} INTERSECT SELECT area FROM {FEED}", "Intersect"),
        ("SELECT * FROM range(3)", "reads"),
        ("SELECT FROM WHERE", "Expected"),
    ],
)
def test_what_cannot_be_followed_is_refused_by_name(database, sql, said):
    with pytest.raises(Untraceable, match=f"^m0: .*{said}"):
        lines(database, sql)
