"""Accepted rows to marts and indicators: one private DuckDB file, one dbt build."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from customs_monitor.contracts import Registry
from customs_monitor.release.accepted import LocalDelivery, fill
from customs_monitor.release.dbt_run import NodeResult, dbt_build

if TYPE_CHECKING:
    import duckdb

__all__ = ["BuildResult", "BuiltTable", "Finding", "LocalDelivery", "build"]

INDICATORS = "indicators"
MARTS = "marts"
_QC = "qc"
#: More threads than this gain nothing: the models are many and small, and DuckDB itself runs in parallel.
_THREADS = 2


@dataclass(frozen=True)
class BuiltTable:
    """A table of the build.

    Attributes:
        name: `o4_3`, `mart_survey`; the relation is `<schema>.<name>`.
        columns: in their order.
    """

    schema: str
    name: str
    columns: tuple[str, ...]
    rows: int

    @property
    def relation(self) -> str:
        """The table's name in SQL."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Finding:
    """Something odd in the data that a `qc_` model found: reported and published, never smoothed."""

    model: str
    feed: str
    period: str
    subject: str
    finding: str
    expected: float | None
    found: float | None


@dataclass(frozen=True)
class BuildResult:
    """What a build made.

    Attributes:
        database: the DuckDB file, closed; open it read-only.
        indicators, marts: by name; a table without rows awaits data.
        findings: what the quality models found, in a fixed order.
        tests: the data tests (and unit tests) with their verdicts, by name.
        models: every model with what it reads, for lineage.
        skipped: models that were not built because a test before them failed.
        seconds: wall time by part: `fill`, `dbt`, `read`.
    """

    database: Path
    indicators: tuple[BuiltTable, ...]
    marts: tuple[BuiltTable, ...]
    findings: tuple[Finding, ...]
    tests: tuple[NodeResult, ...]
    models: tuple[NodeResult, ...]
    skipped: tuple[str, ...]
    seconds: dict[str, float]

    @property
    def warned(self) -> tuple[NodeResult, ...]:
        """The tests that warn."""
        return tuple(item for item in self.tests if item.status == "warn")

    @property
    def failed(self) -> tuple[NodeResult, ...]:
        """The tests that failed: the gate lets no release through."""
        return tuple(item for item in self.tests if item.status == "fail")


def build(
    deliveries: Sequence[LocalDelivery], registry: Registry, scratch: Path, *, unit_tests: bool = False
) -> BuildResult:
    """Build every mart and indicator from the deliveries in force.

    The tables depend on the deliveries and the code only: not on the order in which they are given, nor on the
    machine or its clock.

    Args:
        deliveries: the accepted deliveries in force, their Parquet files local.
        registry: the contracts.
        scratch: an empty folder of the caller, who removes it; all that the build writes is in it.
        unit_tests: whether the models' unit tests run, too; they judge the code, so a release need not repeat them.

    Raises:
        DbtError: if a model cannot be built; the message names it.
        KeyError: if a delivery is of a feed without a contract.
    """
    import duckdb

    scratch.mkdir(parents=True, exist_ok=True)
    path = scratch / "build.duckdb"
    started = time.perf_counter()
    with duckdb.connect(str(path)) as database:
        fill(database, deliveries, registry)
    filled = time.perf_counter()
    results = dbt_build(registry.project.dbt, path, scratch / "dbt", unit_tests=unit_tests, threads=_THREADS)
    built = time.perf_counter()
    models = [item for item in results if item.kind == "model"]
    with duckdb.connect(str(path), read_only=True) as database:
        tables = [_table(database, item) for item in models if item.status == "success" and item.schema in _PUBLISHED]
        findings = [
            finding
            for item in models
            if item.status == "success" and item.schema == _QC
            for finding in _findings(database, item.name)
        ]
    return BuildResult(
        database=path,
        indicators=tuple(table for table in tables if table.schema == INDICATORS),
        marts=tuple(table for table in tables if table.schema == MARTS),
        findings=tuple(findings),
        tests=tuple(item for item in results if item.kind != "model"),
        models=tuple(models),
        skipped=tuple(item.name for item in models if item.status == "skipped"),
        seconds={
            "fill": filled - started,
            "dbt": built - filled,
            "read": time.perf_counter() - built,
        },
    )


_PUBLISHED = (INDICATORS, MARTS)


def _table(database: duckdb.DuckDBPyConnection, model: NodeResult) -> BuiltTable:
    relation = database.table(f"{model.schema}.{model.name}")
    rows = relation.aggregate("count(*)").fetchone()
    return BuiltTable(model.schema, model.name, tuple(relation.columns), int(rows[0]) if rows else 0)


def _findings(database: duckdb.DuckDBPyConnection, model: str) -> list[Finding]:
    rows = database.execute(
        f"SELECT feed, period, subject, finding, expected_value, found_value FROM {_QC}.{model} ORDER BY ALL"
    ).fetchall()
    return [Finding(model, *row) for row in rows]
