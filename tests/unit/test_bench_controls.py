"""The bench compares like with like: indicators on controls, built both ways."""

from __future__ import annotations

from pathlib import Path

from customs_monitor.bench.controls import measure


def test_one_aggregate_and_scans_of_single_controls_give_the_same_tables(tmp_path: Path) -> None:
    found = measure(rows=20_000, scans=3, folder=tmp_path)
    assert found.equal
    assert found.scans_seconds > 0
