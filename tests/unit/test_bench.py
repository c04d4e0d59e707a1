"""The bench measures what it says it does: the same rules, the same verdicts, the same file each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from customs_monitor.bench.declarations import DEFECT_EVERY, generate
from customs_monitor.bench.report import Figure, same_verdicts
from customs_monitor.bench.steps import land, pandas_reading, second_reading

ROWS = 5 * DEFECT_EVERY


@pytest.fixture
def file(tmp_path: Path) -> Path:
    # As in a whole bench, the working folders of the steps lie beside the file.
    path = tmp_path / "declarations.csv"
    generate(path, ROWS)
    return path


def folder(parent: Path, name: str) -> Path:
    made = parent / name
    made.mkdir()
    return made


def test_the_same_number_of_rows_gives_the_same_bytes(file: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.csv"
    generate(again, ROWS)
    assert again.read_bytes() == file.read_bytes()


def test_all_readings_find_every_planted_defect(file: Path, tmp_path: Path) -> None:
    landed = land(file, folder(tmp_path, "land"))
    assert {rule: count for rule, count in landed.items() if rule.rpartition(".")[2] != "duplicate_key"} == {
        "mrn.pattern_mismatch": 1,
        "acceptance_date.type_date": 1,
        "origin_country.code_unknown": 1,
        "net_mass_kg.type_decimal": 1,
        "statistical_value_eur.out_of_range": 1,
        "duty_not_above_value": 1,
    }
    by_pandas = pandas_reading(file, folder(tmp_path, "pandas"))
    assert {rule: count for rule, count in by_pandas.items() if count} == landed
    on_duckdb = second_reading(file, folder(tmp_path, "duckdb"))
    assert {rule: count for rule, count in on_duckdb.items() if count} == landed
    # All that is asked of pandas is asked in the other reading; that has the rule on whole rows sent twice besides.
    assert on_duckdb.keys() - by_pandas.keys() == {"key.duplicate_row", "delivery.no_rows"}
    assert by_pandas.keys() <= on_duckdb.keys()


@pytest.mark.parametrize(
    ("found", "is_equal"),
    [({"a": 2, "b": 0}, True), ({"a": 1, "b": 0}, False), ({"b": 0}, False), ({"a": 2, "b": 1}, False)],
)
def test_verdicts_are_equal_only_if_every_rule_counts_the_same(found: dict[str, int], is_equal: bool) -> None:
    landed = Figure("land", 10, 1.0, 1.0, 1.0, {"a": 2})
    assert same_verdicts(landed, Figure("pandas", 10, 1.0, 1.0, 1.0, found)).met is is_equal
