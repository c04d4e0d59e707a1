"""The batch of a feed: the rows of all deliveries that a run has read, as one table in a private DuckDB file.

Accepted and refused rows alike. For each property the text as mapped and corrected, `<name>__text`, and the typed value
`<name>`, NULL where the text is none; then `_delivery_id`, `_line_number`, `_layout` and a number of its own, `_row`.
Beside the batch are its deliveries, the codelists and the days of the periods, for expectations that are queries.

Reading, mapping and typing are those of the other reading of the contract (`judge`); judging is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType

import duckdb
import pyarrow as pa

from customs_monitor.contracts import Codelist, Contract, Layout, Registry
from customs_monitor.contracts.periods import first_day, last_day
from customs_monitor.intake import open_table
from customs_monitor.validation.casts import is_text, typed
from customs_monitor.validation.codes import Codes
from customs_monitor.validation.columns import LINE
from customs_monitor.validation.corrections import apply_corrections, load_corrections
from customs_monitor.validation.header import read_header
from customs_monitor.validation.judge import Delivery
from customs_monitor.validation.mapping import map_columns
from customs_monitor.validation.pass_run import RECORDS
from customs_monitor.validation.quoting import identifier, literal
from customs_monitor.validation.record_source import RecordSource

# Names of tables and columns that are no property of a contract begin with an underscore, as no property can.
BATCH = "batch"
#: The table before columns are added to it.
ROWS = "_rows"
#: Each delivery, also one without rows: _id, _sender, _period, _received_on, _unreadable_records.
DELIVERIES = "_deliveries"
#: Each period that occurs in the batch: _period, _first_day, _last_day.
PERIODS = "_periods"

#: Where there are rules about groups: whether the row breaks a rule that refuses it, and whether it was sent before.
REFUSED, COPIED = "_refused", "_copied"

#: How the batch is written and read: in UTC, with nothing fetched, within a fixed share of memory.
SESSION = {
    "memory_limit": "900MB",
    "threads": "2",
    "TimeZone": "UTC",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # DuckDB draws one where it takes the process for an interactive one, as it does a forked worker.
    "enable_progress_bar": "false",
}


@dataclass(frozen=True)
class BatchSource:
    """One delivery of the batch.

    Attributes:
        path: its bytes, which could be read before.
        layout: the layout that claims it.
        delivery: its sender, period and time of arrival.
    """

    path: Path
    layout: Layout
    delivery: Delivery


def codes_table(codelist: str) -> str:
    """Return the table of a codelist, as SQL: _code, _valid_from, _valid_to (open ends are the first and last day)."""
    return identifier(f"_codes_{codelist}")


def text_column(name: str) -> str:
    """Return the column with the text of a property, as mapped and before it is typed."""
    return f"{name}__text"


def write_batch(
    database: Path,
    registry: Registry,
    contract: Contract,
    sources: Sequence[BatchSource],
    added: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Read the deliveries again, and write them as one batch.

    Args:
        database: the DuckDB file to make; it must not exist.
        registry: concepts and codelists.
        contract: the contract of the feed.
        sources: the deliveries.
        added: further columns of the batch, as SQL over the table `ROWS`.

    Raises:
        IntakeError: if a delivery cannot be read to its end; it has no place in a batch.
    """
    with closing(duckdb.connect(database)) as connection:
        for name, value in SESSION.items():
            connection.execute(f"SET {name} = {literal(value)}")
        # What two columns have in common would be computed before either, and be in the TRY of neither then.
        connection.execute("SET disabled_optimizers = 'common_subexpressions'")
        _create_tables(connection, registry, contract)
        codes = Codes(connection, registry)
        for source in sources:
            _insert(connection, registry, contract, codes, source)
        _write_codelists(connection, registry, contract)
        _write_periods(connection, registry, contract)
        if added:
            columns = ", ".join(f"{condition} AS {name}" for name, condition in added.items())
            connection.execute(f"CREATE TABLE {BATCH} AS SELECT *, {columns} FROM {ROWS}")
            connection.execute(f"DROP TABLE {ROWS}")
        else:
            connection.execute(f"ALTER TABLE {ROWS} RENAME TO {BATCH}")


def _create_tables(connection: duckdb.DuckDBPyConnection, registry: Registry, contract: Contract) -> None:
    connection.execute(
        f"CREATE TABLE {DELIVERIES} "
        "(_id VARCHAR, _sender VARCHAR, _period VARCHAR, _received_on DATE, _unreadable_records BIGINT)"
    )
    columns = []
    for item in contract.schema_.properties:
        name, text = identifier(item.name), identifier(text_column(item.name))
        columns.append(f"{name} {registry.concepts[item.name].duckdb_type}")
        columns.append(
            f"{text} VARCHAR"
            + (f" GENERATED ALWAYS AS ({name}) VIRTUAL" if is_text(registry.concepts[item.name]) else "")
        )
    columns += ["_delivery_id VARCHAR", "_line_number BIGINT", "_layout VARCHAR", "_row BIGINT"]
    connection.execute(f"CREATE TABLE {ROWS} ({', '.join(columns)})")


def _insert(
    connection: duckdb.DuckDBPyConnection, registry: Registry, contract: Contract, codes: Codes, source: BatchSource
) -> None:
    delivery, layout = source.delivery, source.layout.for_file(source.delivery.file_name)
    table = open_table(source.path, layout.format)
    header = read_header(connection, table.columns, contract, layout, registry)
    mapped = map_columns(RECORDS, contract, layout, header, registry, codes)
    corrections = tuple(
        correction
        for correction in load_corrections(registry.project, contract)
        if correction.applies_to(layout, delivery.file_name, delivery.sha256)
    )
    selected = []
    for item in contract.schema_.properties:
        text = f"mapped.{identifier(item.name)}"
        selected.append(typed(registry.concepts[item.name], layout.mapping.get(item.name), text))
        if not is_text(registry.concepts[item.name]):
            selected.append(text)
    (rows,) = connection.execute(f"SELECT count(*) FROM {ROWS}").fetchone() or (0,)
    selected += [literal(delivery.delivery_id), f"mapped.{LINE}", literal(layout.id), f"{rows} + row_number() OVER ()"]
    records = RecordSource(table.columns, table.batches())
    connection.register(RECORDS, records.reader())
    connection.execute(
        f"INSERT INTO {ROWS} SELECT {', '.join(selected)} FROM ({apply_corrections(mapped.sql, corrections)}) AS mapped"
    )
    connection.unregister(RECORDS)
    if records.failure is not None:
        raise records.failure
    connection.execute(
        f"INSERT INTO {DELIVERIES} VALUES (?, ?, ?, ?, ?)",
        [
            delivery.delivery_id,
            delivery.sender,
            delivery.period,
            delivery.received_at.date(),
            len(table.problems),
        ],
    )


def _write_codelists(connection: duckdb.DuckDBPyConnection, registry: Registry, contract: Contract) -> None:
    concepts = (registry.concepts[item.name] for item in contract.schema_.properties)
    for name in sorted({concept.codelist for concept in concepts if concept.codelist is not None}):
        _write_table(connection, codes_table(name), _codelist(registry.codelists[name]))


def _codelist(codelist: Codelist) -> pa.Table:
    return pa.table(
        {
            "_code": pa.array([code.code for code in codelist], pa.string()),
            "_valid_from": pa.array([code.valid_from or date.min for code in codelist], pa.date32()),
            "_valid_to": pa.array([code.valid_to or date.max for code in codelist], pa.date32()),
        }
    )


def _write_periods(connection: duckdb.DuckDBPyConnection, registry: Registry, contract: Contract) -> None:
    names = [item.name for item in contract.schema_.properties if registry.concepts[item.name].logicalType == "period"]
    found = " UNION ".join(f"SELECT DISTINCT {identifier(name)} FROM {ROWS}" for name in names) or "SELECT NULL"
    periods = [period for (period,) in connection.execute(found).fetchall() if period is not None]
    rows = pa.table(
        {
            "_period": pa.array(periods, pa.string()),
            "_first_day": pa.array([first_day(period) for period in periods], pa.date32()),
            "_last_day": pa.array([last_day(period) for period in periods], pa.date32()),
        }
    )
    _write_table(connection, PERIODS, rows)


def _write_table(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    connection.register("_new", rows)
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM _new")
    connection.unregister("_new")
