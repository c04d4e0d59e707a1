"""Indicators on controls from single controls: one aggregate that all share, against a scan for each of 44 indicators.

`python -m customs_monitor.bench.controls ROWS SCANS FOLDER` prints its figures as one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import duckdb

from customs_monitor.bench.memory import peak_kib
from customs_monitor.contracts import Project, Registry
from customs_monitor.release.accepted import LocalDelivery, fill
from customs_monitor.release.dbt_run import compiled_models

FEED = "control_statistics"
#: What they all read, and they.
AGGREGATE = "int_control_counts"
INDICATORS = ("o3_5", "o3_6", "o567_20")
_QUARTERS = ("2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4")


@dataclass(frozen=True)
class ControlFigures:
    """What was measured: seconds of DuckDB and peak resident memory.

    Attributes:
        shared_seconds: the aggregate and the indicators from it.
        scans: how many indicators were computed from the single controls, each by a scan of its own.
        scans_seconds: what they took together; 0 where none was asked for.
        equal: whether both ways gave the same tables.
    """

    rows: int
    shared_seconds: float
    peak_mib: float
    scans: int
    scans_seconds: float
    equal: bool


def generate_controls(folder: Path, rows: int) -> list[LocalDelivery]:
    """Write single controls as accepted rows of `control_statistics` with their MRN, a delivery a quarter.

    Args:
        folder: where to; about 11 bytes a row.
        rows: how many in all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    deliveries: list[LocalDelivery] = []
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2; SET preserve_insertion_order = false")
        for number, quarter in enumerate(_QUARTERS):
            path = folder / f"{quarter}.parquet"
            first, last = number * rows // len(_QUARTERS), (number + 1) * rows // len(_QUARTERS)
            connection.execute(
                f"""
                COPY (
                    SELECT
                        '{quarter}' AS reference_period,
                        ['AT','BE','BG','CY','CZ','DE','DK','EE','EL','ES','FI','FR','HR','HU','IE','IT','LT','LU','LV',
                         'MT','NL','PL','PT','RO','SE','SI','SK'][1 + (h % 27)::INTEGER] AS member_state,
                        ['IM', 'EX', 'TR'][1 + (h // 27 % 3)::INTEGER] AS declaration_type,
                        ['STANDARD', 'SIMPLIFIED', 'EIDR', 'LOW_VALUE', 'TIR', 'OTHER'][1 + (h // 81 % 6)::INTEGER]
                            AS declaration_subtype,
                        CASE WHEN h // 486 % 3 = 0 THEN 'AEO' ELSE 'NON_AEO' END AS operator_status,
                        ['DOC', 'DOC_ERA', 'PHY', 'PHY_ERA', 'PRC'][1 + (h // 1458 % 5)::INTEGER] AS control_type,
                        1::BIGINT AS declarations,
                        1::BIGINT AS controls,
                        (h // 7290 % 17 = 0)::BIGINT AS irregularities,
                        CASE WHEN h // 123930 % 1000000 = 0 THEN 'C' ELSE 'F' END AS conf_status,
                        NULL::VARCHAR AS comment,
                        '26' || printf('%016d', i) AS mrn,
                        '0000000000000000' AS _delivery_id,
                        i::BIGINT AS _line_number
                    FROM (SELECT i, hash(i) AS h FROM range({first}, {last}) AS numbers(i))
                ) TO '{path}' (FORMAT parquet)
                """
            )
            deliveries.append(LocalDelivery(FEED, quarter, "DE", f"{number:016x}", path, "template_csv", 1))
    return deliveries


def measure(rows: int, scans: int, folder: Path) -> ControlFigures:
    """Build the indicators on controls both ways, by the SQL that dbt compiles.

    Args:
        rows: single controls.
        scans: how many times an indicator is built by a scan of its own; 0 leaves that out.
        folder: an empty folder.
    """
    registry = Registry.load(Project.locate())
    deliveries = generate_controls(folder / "controls", rows)
    database = folder / "build.duckdb"
    with duckdb.connect(str(database)) as connection:
        fill(connection, deliveries, registry)
    models = compiled_models(registry.project.dbt, database, folder / "dbt", [f"+{name}" for name in INDICATORS])
    with duckdb.connect(str(database)) as connection:
        connection.execute("SET threads = 2; SET memory_limit = '3GB'")
        for schema in sorted({model.schema for model in models}):
            connection.execute(f"CREATE SCHEMA {schema}")
        sql: Mapping[str, str] = {model.name: model.sql for model in models}
        relation = {model.name: f"{model.schema}.{model.name}" for model in models}
        for model in models:
            if model.name not in (AGGREGATE, *INDICATORS):
                connection.execute(f"CREATE VIEW {relation[model.name]} AS {model.sql}")
        started = time.perf_counter()
        for name in (AGGREGATE, *INDICATORS):
            connection.execute(f"CREATE TABLE {relation[name]} AS {sql[name]}")
        shared = time.perf_counter() - started
        peak = peak_kib() / 1024
        # The same SQL on a view: whoever reads it scans the single controls.
        connection.execute(f"DROP TABLE {relation[AGGREGATE]}")
        connection.execute(f"CREATE VIEW {relation[AGGREGATE]} AS {sql[AGGREGATE]}")
        started = time.perf_counter()
        for name in islice(cycle(INDICATORS), scans):
            connection.execute(f"CREATE OR REPLACE TABLE scanned_{name} AS {sql[name]}")
        scanned = time.perf_counter() - started
        equal = not any(_differences(connection, relation, scans))
    return ControlFigures(rows, shared, peak, scans, scanned if scans else 0.0, equal)


def _differences(connection: duckdb.DuckDBPyConnection, relation: Mapping[str, str], scans: int) -> Iterator[int]:
    for name in islice(INDICATORS, scans):
        for one, other in ((relation[name], f"scanned_{name}"), (f"scanned_{name}", relation[name])):
            row = connection.execute(f"SELECT count(*) FROM (FROM {one} EXCEPT ALL FROM {other})").fetchone()
            yield int(row[0]) if row else 0


if __name__ == "__main__":
    os.environ.setdefault("DO_NOT_TRACK", "1")
    found = measure(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
    sys.stdout.write(json.dumps(found.__dict__) + "\n")
