"""The private database of a build: accepted rows in force and codelists as tables, before dbt starts."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from customs_monitor.contracts import Contract, Registry

if TYPE_CHECKING:
    import duckdb

#: Schema of the accepted rows: a view per feed, and the tables `deliveries` and `expected_senders`.
ACCEPTED = "accepted"
#: Schema of the codelists: a table per `cl_<name>.csv` and `alias_<name>.csv`, a view per union of lists.
CODELISTS = "codelists"

_DELIVERIES = pa.schema(
    [
        pa.field("feed", pa.string(), False),
        pa.field("period", pa.string(), False),
        pa.field("sender", pa.string(), False),
        pa.field("delivery_id", pa.string(), False),
        pa.field("layout", pa.string(), False),
        pa.field("received_sequence", pa.int64(), False),
        pa.field("is_synthetic", pa.bool_(), False),
        pa.field("path", pa.string(), False),
    ]
)
_EXPECTED = pa.schema([pa.field(name, pa.string(), False) for name in ("feed", "period", "sender")])

#: Columns a row gets from its delivery, with their DuckDB types; see `DELIVERY_COLUMNS` in the sources for dbt.
PROVENANCE = {
    "_sender": ("VARCHAR", "Who sent the delivery."),
    "_period": ("VARCHAR", "Period of the delivery; _Z where it spans several."),
    "_layout": ("VARCHAR", "Layout of the contract the file had."),
    "_received_sequence": ("BIGINT", "Place among the deliveries of the same feed, period and sender, from 1."),
    "_is_synthetic": ("BOOLEAN", "Whether the delivery is made up; what rests on it says so."),
}


@dataclass(frozen=True)
class LocalDelivery:
    """An accepted delivery in force, its Parquet on a local disk.

    Attributes:
        path: the accepted rows, with `Registry.arrow_schema(feed)`.
        received_sequence: place among the deliveries of the same feed, period and sender; the later supersedes.
    """

    feed: str
    period: str
    sender: str
    delivery_id: str
    path: Path
    layout: str
    received_sequence: int
    synthetic: bool = False


def fill(database: duckdb.DuckDBPyConnection, deliveries: Iterable[LocalDelivery], registry: Registry) -> None:
    """Make the schemas `accepted` and `codelists` in an empty database.

    Every feed of the registry has a view, empty where nothing was accepted; its rows carry `PROVENANCE`. Where the
    contract supersedes by key, only the winning row of each key is in it: that of the most trusted layout, and among
    those the last received.

    Raises:
        KeyError: if a delivery is of a feed or layout that the registry does not have.
    """
    counting = _counting(deliveries)
    database.execute(f"CREATE SCHEMA {ACCEPTED}")
    _table(database, f"{ACCEPTED}.deliveries", _delivery_table(counting))
    _table(database, f"{ACCEPTED}.expected_senders", _expected_table(counting, registry))
    by_feed = {feed: list(group) for feed, group in groupby(counting, key=lambda item: item.feed)}
    if unknown := sorted(set(by_feed) - set(registry.feeds)):
        raise KeyError(f"there is no contract of the feed {', '.join(unknown)}")
    for feed in sorted(registry.feeds):
        database.execute(f"CREATE VIEW {ACCEPTED}.{feed} AS {_rows_sql(feed, by_feed.get(feed, []), registry)}")
    _fill_codelists(database, registry)


def _counting(deliveries: Iterable[LocalDelivery]) -> list[LocalDelivery]:
    """Return the deliveries in a fixed order, without synthetic ones of a feed and period that has a real one."""
    ordered = sorted(
        deliveries, key=lambda item: (item.feed, item.period, item.sender, item.received_sequence, item.delivery_id)
    )
    real = {(item.feed, item.period) for item in ordered if not item.synthetic}
    return [item for item in ordered if not item.synthetic or (item.feed, item.period) not in real]


def _table(database: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    database.register("incoming", rows)
    database.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming")
    database.unregister("incoming")


def _delivery_table(deliveries: Sequence[LocalDelivery]) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "feed": item.feed,
                "period": item.period,
                "sender": item.sender,
                "delivery_id": item.delivery_id,
                "layout": item.layout,
                "received_sequence": item.received_sequence,
                "is_synthetic": item.synthetic,
                "path": str(item.path),
            }
            for item in deliveries
        ],
        schema=_DELIVERIES,
    )


def _expected_table(deliveries: Sequence[LocalDelivery], registry: Registry) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {"feed": feed, "period": period, "sender": sender}
            for feed, period in sorted({(item.feed, item.period) for item in deliveries})
            for sender in registry.expected_senders(feed, period)
        ],
        schema=_EXPECTED,
    )


def _rows_sql(feed: str, deliveries: Sequence[LocalDelivery], registry: Registry) -> str:
    schema = registry.arrow_schema(feed)
    if not deliveries:
        columns = [f"CAST(NULL AS {kind}) AS {name}" for name, kind, _ in feed_columns(feed, registry)]
        return f"SELECT {', '.join(columns)} WHERE false"
    paths = ", ".join(_literal(str(item.path)) for item in deliveries)
    typed = ", ".join(
        f"CAST(NULL AS {kind}) AS {name}" for name, kind, _ in feed_columns(feed, registry) if name in schema.names
    )
    # A delivery keeps the columns of the contract it was judged by: those that came later are empty in it.
    rows = f"""
        SELECT {", ".join(f"rows.{name}" for name in schema.names)},
            delivery.sender AS _sender, delivery.period AS _period, delivery.layout AS _layout,
            delivery.received_sequence AS _received_sequence, delivery.is_synthetic AS _is_synthetic
        FROM (
            SELECT {typed} WHERE false
            UNION ALL BY NAME SELECT * FROM read_parquet([{paths}], union_by_name = true, filename = '_path')
        ) AS rows
        INNER JOIN {ACCEPTED}.deliveries AS delivery ON rows._path = delivery.path"""
    contract = registry.feeds[feed]
    return rows + _winners_sql(contract) if contract.supersession == "key" else rows


def _winners_sql(contract: Contract) -> str:
    """Return the clause that leaves one row per key; the last terms only make ties fall the same way every time."""
    key = ", ".join(contract.schema_.key)
    trust = " ".join(f"WHEN {_literal(layout)} THEN {rank}" for rank, layout in enumerate(contract.precedence, start=1))
    ranked = f"CASE delivery.layout {trust} ELSE 0 END DESC, " if trust else ""
    return f"""
        QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {ranked}delivery.received_sequence DESC,
            delivery.period DESC, delivery.sender DESC, delivery.delivery_id DESC, rows._line_number DESC) = 1"""


def feed_columns(feed: str, registry: Registry) -> list[tuple[str, str, str]]:
    """Return name, DuckDB type and description of every column of a feed's view."""
    contract = registry.feeds[feed]
    concepts = [(item.name, registry.concepts[item.name]) for item in contract.schema_.properties]
    return [
        *((name, concept.duckdb_type, concept.definition) for name, concept in concepts),
        ("_delivery_id", "VARCHAR", "Delivery the row is from."),
        ("_line_number", "BIGINT", "Line of the delivered file the row is from."),
        *((name, kind, text) for name, (kind, text) in PROVENANCE.items()),
    ]


def codelist_columns(path: Path) -> list[tuple[str, str]]:
    """Return name and DuckDB type of every column of a codelist: codes are text, validity is dates."""
    with path.open(encoding="utf-8", newline="") as lines:
        header = next(csv.reader(lines))
    return [(name, "DATE" if name in ("valid_from", "valid_to") else "VARCHAR") for name in header]


def alias_files(registry: Registry) -> list[Path]:
    """Return the lists of aliases, `alias_<name>.csv`; their tables have the same names."""
    return sorted(registry.project.codelists.glob("alias_*.csv"))


def _fill_codelists(database: duckdb.DuckDBPyConnection, registry: Registry) -> None:
    database.execute(f"CREATE SCHEMA {CODELISTS}")
    unions: dict[str, tuple[Path, ...]] = {}
    for name in registry.codelists:
        paths = registry.codelists.paths(name)
        if len(paths) == 1:
            database.execute(f"CREATE TABLE {CODELISTS}.{name} AS {_csv_sql(paths[0])}")
        else:
            unions[name] = paths
    for name, paths in unions.items():
        parts = " UNION ALL BY NAME ".join(f"SELECT * FROM {CODELISTS}.{_list_of(path)}" for path in paths)
        database.execute(f"CREATE VIEW {CODELISTS}.{name} AS {parts}")
    for path in alias_files(registry):
        database.execute(f"CREATE TABLE {CODELISTS}.{path.stem} AS {_csv_sql(path)}")


def _csv_sql(path: Path) -> str:
    # The types are named and not guessed: NA is Namibia, and 0101 has its leading zero.
    columns = ", ".join(f"{_literal(column)}: {_literal(kind)}" for column, kind in codelist_columns(path))
    return (
        f"SELECT * FROM read_csv({_literal(str(path))}, header = true, auto_detect = false, delim = ',',"
        f" quote = '\"', escape = '\"', nullstr = '', columns = {{{columns}}})"
    )


def _list_of(path: Path) -> str:
    return path.stem.removeprefix("cl_")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
