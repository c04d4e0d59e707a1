"""What the bench compares is comparable: one file, the same rules, the same verdicts; no figure is looked at here."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from customs_monitor.bench.declarations import DEFECT_EVERY, generate
from customs_monitor.bench.large_files import large, wrong
from customs_monitor.bench.portal import measure
from customs_monitor.bench.report import Figure, same_verdicts
from customs_monitor.bench.steps import Counts, land, pandas_reading, second_reading

#: Enough for one defect of each of the five kinds.
ROWS = 5 * DEFECT_EVERY


@pytest.fixture(scope="module")
def declarations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small file of declarations, alone in its folder."""
    path = tmp_path_factory.mktemp("declarations") / "declarations.csv"
    generate(path, ROWS)
    return path


@pytest.fixture(scope="module")
def landed(declarations: Path, tmp_path_factory: pytest.TempPathFactory) -> Figure:
    """What landing the file has found."""
    folder = tmp_path_factory.mktemp("landed")
    return Figure("land", ROWS, 1.0, 1.0, 1.0, dict(land(declarations, folder)))


def test_the_same_number_of_rows_gives_the_same_bytes(declarations: Path, tmp_path: Path) -> None:
    again, shorter = tmp_path / "again.csv", tmp_path / "shorter.csv"
    generate(again, ROWS)
    generate(shorter, DEFECT_EVERY)
    assert again.read_bytes() == declarations.read_bytes()
    assert declarations.read_bytes().startswith(shorter.read_bytes())


def test_the_file_is_wide_and_has_every_row(declarations: Path) -> None:
    with declarations.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert len(header) == 30
    assert len(rows) == ROWS
    assert {len(row) for row in rows} == {30}


def test_landing_finds_the_planted_defects_and_nothing_else(landed: Figure) -> None:
    assert landed.counts == {
        "mrn.pattern_mismatch": 1,
        "acceptance_date.type_date": 1,
        "origin_country.code_unknown": 1,
        "net_mass_kg.type_decimal": 1,
        "statistical_value_eur.out_of_range": 1,
        "duty_not_above_value": 1,
    }


@pytest.mark.parametrize("read", [second_reading, pandas_reading])
def test_great_expectations_gives_the_same_verdicts_for_every_rule(
    read: Callable[[Path, Path], Counts], landed: Figure, declarations: Path, tmp_path: Path
) -> None:
    counts = dict(read(declarations, tmp_path))
    target = same_verdicts(landed, Figure("reading", ROWS, 1.0, 1.0, 1.0, counts))
    assert target.met, target.found
    # Both have looked at rules that no row breaks, too.
    assert len(counts) > 50


def test_a_count_that_differs_or_a_rule_that_was_not_read_is_no_equal_verdict(landed: Figure) -> None:
    counts = dict(landed.counts)
    more = replace(landed, counts=counts | {"mrn.pattern_mismatch": 2})
    unread = replace(landed, counts={rule: count for rule, count in counts.items() if rule != "mrn.pattern_mismatch"})
    for reading in (more, unread):
        target = same_verdicts(landed, reading)
        assert not target.met
        assert "mrn.pattern_mismatch" in target.found
    assert same_verdicts(landed, landed).met


def test_a_check_tells_every_error_of_a_file_in_which_every_row_has_one(tmp_path: Path) -> None:
    found = wrong(tmp_path, 300)
    assert (found.rows, found.issues, found.verdict, found.stopped) == (300, 300, "refused", None)


def test_the_large_file_is_about_as_large_as_was_asked(tmp_path: Path) -> None:
    found = large(tmp_path, 3_000_000)
    assert found.size == pytest.approx(3_000_000, rel=0.02)
    assert (found.verdict, found.stopped) == ("accepted_with_warnings", None)


def test_senders_at_once_get_their_verdicts(tmp_path: Path) -> None:
    (found,) = measure(tmp_path, (2,), 500)
    assert (found.senders, found.deliveries, found.refused) == (2, 4, 0)
    assert 0 < found.median <= found.p95 <= found.slowest
