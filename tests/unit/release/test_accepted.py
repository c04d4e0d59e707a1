"""Accepted rows as the tables of a build."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from customs_monitor.contracts import Registry
from customs_monitor.release.accepted import LocalDelivery, fill


def _delivery(folder: Path, number: int, table: pa.Table) -> LocalDelivery:
    path = folder / f"{number}.parquet"
    pq.write_table(table, path)
    return LocalDelivery("it_systems", "2020", "TAXUD", f"{number:016x}", path, "template", number)


@pytest.mark.parametrize("newer", [True, False], ids=["with a newer delivery", "alone"])
def test_a_delivery_judged_before_the_contract_had_a_column_still_counts(
    tmp_path: Path, registry: Registry, newer: bool
) -> None:
    schema = registry.arrow_schema("it_systems")
    row = dict.fromkeys(schema.names) | {
        "reference_period": "2020", "system_code": "REX", "actor": "COM", "release": "_Z", "aspect": "DEPLOYMENT",
        "status": "COMPLETED", "work_type": "NEW", "status_basis": "PRINTED", "source": "old",
        "_delivery_id": f"{1:016x}", "_line_number": 2,
    }  # fmt: skip
    old = pa.Table.from_pylist([row], schema=schema).drop_columns("work_type")
    old = old.append_column("dropped_since", pa.array(["x"]))
    deliveries = [_delivery(tmp_path, 1, old)]
    if newer:
        more = row | {"source": "new", "_delivery_id": f"{2:016x}"}
        deliveries.append(_delivery(tmp_path, 2, pa.Table.from_pylist([more], schema=schema)))
    with duckdb.connect() as database:
        fill(database, deliveries, registry)
        view = database.sql("SELECT * FROM accepted.it_systems")
        assert "dropped_since" not in view.columns
        assert view.columns[: len(schema.names)] == schema.names
        found = dict(database.sql("SELECT source, work_type FROM accepted.it_systems").fetchall())
    assert found == {"old": None} | ({"new": "NEW"} if newer else {})
