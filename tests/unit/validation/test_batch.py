"""The batch that Great Expectations judges."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb

from customs_monitor.validation.batch import BATCH, BatchSource, write_batch
from customs_monitor.validation.judge import Delivery

from .conftest import RECEIVED, Workshop


def test_what_two_columns_have_in_common_may_fail_in_both(workshop: Workshop, tmp_path: Path) -> None:
    layout = {
        "mapping": {"a": {"sql": "a"}, "b": {"sql": "CAST(a AS INTEGER)"}, "c": {"sql": "CAST(a AS INTEGER) + 1"}}
    }
    concepts = {"a": {"logicalType": "string"}, "b": {"logicalType": "integer"}, "c": {"logicalType": "integer"}}
    registry = workshop.registry(concepts, layout=layout)
    contract = registry.feeds["made"]
    source, database = tmp_path / "d.csv", tmp_path / "batch.duckdb"
    source.write_text("a\n31-0\n2026\n", encoding="utf-8")
    delivery = Delivery("made", "d1", "DE", "2026-Q1", RECEIVED, source.name, "0" * 64)
    write_batch(database, registry, contract, [BatchSource(source, contract.layouts[0], delivery)])
    with closing(duckdb.connect(database)) as connection:
        rows = connection.execute(f"SELECT b, c FROM {BATCH} ORDER BY _line_number").fetchall()
    assert rows == [(None, None), (2026, 2027)]
