"""The bench measures what it says it does: the same rules, the same verdicts, the same file each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from customs_monitor.bench.declarations import DEFECT_EVERY, generate
from customs_monitor.bench.steps import land, pandas_reading

ROWS = 5 * DEFECT_EVERY


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "inbox" / "declarations.csv"
    path.parent.mkdir()
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


def test_both_readings_find_every_planted_defect(file: Path, tmp_path: Path) -> None:
    landed = land(file, folder(tmp_path, "land"))
    assert {rule: count for rule, count in landed.items() if rule.rpartition(".")[2] != "duplicate_key"} == {
        "mrn.pattern_mismatch": 1,
        "acceptance_date.type_date": 1,
        "origin_country.code_unknown": 1,
        "net_mass_kg.type_decimal": 1,
        "statistical_value_eur.out_of_range": 1,
        "duty_not_above_value": 1,
    }
    assert pandas_reading(file, folder(tmp_path, "pandas")) == landed
