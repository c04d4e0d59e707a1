"""A delivery against the previous one of its feed, period and sender (ESS validation level 2)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from customs_monitor.contracts import Contract, Registry
from customs_monitor.validation.findings import Issue, RuleText
from customs_monitor.validation.quoting import identifier, literal

#: Half or double the rows is more than corrections to a delivery change; tiny deliveries vary more than that.
_FACTOR = 2.0
_FEWEST_ROWS = 20
#: A column with more values than this is no division of the delivery into parts (transaction numbers, say).
_MOST_PARTS = 500


def compare_with_previous(
    connection: duckdb.DuckDBPyConnection, accepted: Path, previous: Path, contract: Contract, registry: Registry
) -> Iterator[Issue]:
    """Yield what changed more than a new version of a delivery usually does.

    Missing parts are looked for where a delivery replaces the last one; where rows are added or replaced by key, a
    delivery without some code is no loss.

    Args:
        connection: the session.
        accepted: the accepted rows.
        previous: those of the previous delivery.
        contract: has the key.
        registry: has concepts and rules.
    """
    now, then = (f"read_parquet({literal(path.as_posix())})" for path in (accepted, previous))
    rows_now, rows_then = (_count(connection, f"SELECT count(*) FROM {rows}") for rows in (now, then))
    if rows_then >= _FEWEST_ROWS and not rows_then / _FACTOR < rows_now < rows_then * _FACTOR:
        text = RuleText.of_catalogue(registry, "ROWS_CHANGED_MUCH", "delivery", str(rows_then))
        yield Issue.of(text, value=str(rows_now))
    if contract.supersession != "delivery":
        return
    had = {field[0] for field in connection.execute(f"DESCRIBE SELECT * FROM {then}").fetchall()}
    for name in contract.schema_.key:
        if registry.concepts[name].logicalType != "code" or name not in had:
            continue
        column = identifier(name)
        if _count(connection, f"SELECT count(DISTINCT {column}) FROM {then}") > _MOST_PARTS:
            continue
        lost = connection.execute(
            f"SELECT DISTINCT {column} AS part FROM {then} WHERE {column} IS NOT NULL "
            f"AND {column} NOT IN (SELECT {column} FROM {now} WHERE {column} IS NOT NULL) ORDER BY part"
        ).fetchall()
        text = RuleText.of_catalogue(registry, "PART_MISSING", name)
        for (part,) in lost:
            yield Issue.of(text, column=name, value=part)


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0
