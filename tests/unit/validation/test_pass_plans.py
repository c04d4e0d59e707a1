"""The pass of every layout of every contract keeps the order of rows in any number of threads: its plan has no join."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from customs_monitor.contracts import Project, Registry
from customs_monitor.intake.table import RawTable
from customs_monitor.validation import pass_run
from customs_monitor.validation.header import read_header
from customs_monitor.validation.judge import Delivery, judge_table

REGISTRY = Registry.load(Project.locate())


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The plans of the passes that are run."""
    found: list[str] = []
    ask = pass_run._asked

    def explain(connection: duckdb.DuckDBPyConnection, records: pa.Table, sql: str) -> pa.Table:
        connection.register(pass_run.RECORDS, records)
        found.extend(plan for _, plan in connection.execute(f"EXPLAIN {sql}").fetchall())
        return ask(connection, records, sql)

    monkeypatch.setattr(pass_run, "_asked", explain)
    return found


@pytest.mark.parametrize("feed", sorted(REGISTRY.feeds))
def test_no_pass_has_a_join(feed: str, plans: list[str], tmp_path: Path) -> None:
    contract = REGISTRY.feeds[feed]
    for layout in contract.layouts:
        named = layout.for_file("a.csv")
        columns = read_header(duckdb.connect(), (), contract, named, REGISTRY).absent
        if named.unpivot is not None and not set(named.unpivot.columns) & set(columns):
            columns += ("2020-01",)
        delivery = Delivery(feed, "d1", "DE", "2026-Q1", datetime(2026, 5, 1, tzinfo=UTC), "a.csv", "0" * 64)
        judge_table(RawTable(columns, iter(())), delivery, contract, layout, REGISTRY, tmp_path / layout.id)
    assert len(plans) == len(contract.layouts)
    assert all("ARROW_SCAN" in plan for plan in plans)
    assert not [plan for plan in plans if "JOIN" in plan or "AGGREGATE" in plan or "WINDOW" in plan]
