"""What would change: an upload against the version in force."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from customs_monitor.collection.in_force import current_of
from customs_monitor.collection.records import Place, Record
from customs_monitor.collection.upload_check import UploadVerdict
from customs_monitor.collection.uploads import Upload
from customs_monitor.contracts import Contract, Registry
from customs_monitor.contracts.periods import SEVERAL
from customs_monitor.validation.quoting import any_of, identifier, literal
from customs_monitor.validation.session import open_session
from customs_storage import ObjectNotFound, ObjectStore
from customs_storage.layout import Layout

#: Changed rows that are shown, those that move most first.
SHOWN = 200


class TouchedIndicator(Record):
    """An indicator that the collection is a source of."""

    id: str
    title: str


class MeasureChange(Record):
    """A measure over all rows.

    Attributes:
        column: the measure.
        aggregate: `total`; `mean` for scores, which do not add up.
        old, new: None where there are no rows with a value.
        difference: new - old, a missing one as 0.
        share: difference / old; None where old is 0 or missing.
    """

    column: str
    aggregate: Literal["total", "mean"]
    old: int | float | None
    new: int | float | None
    difference: int | float
    share: float | None


class RowChange(Record):
    """A row that is added, removed or changed.

    Attributes:
        key: the codes of its key, by column.
        old, new: the values that differ, by column, as text; empty where the row is not there.
    """

    kind: Literal["added", "removed", "changed"]
    key: dict[str, str]
    old: dict[str, str | None]
    new: dict[str, str | None]


class Preview(Record):
    """What would change.

    Attributes:
        against: the delivery in force; None where there is none.
        added, removed, changed, unchanged: rows, matched by their key.
        measures: in the order of the columns.
        rows: changed rows, at most `SHOWN`, those that move most first.
        indicators: that rest on the collection.
    """

    feed: str
    period: str
    sender: str
    against: str | None
    added: int
    removed: int
    changed: int
    unchanged: int
    measures: tuple[MeasureChange, ...]
    rows: tuple[RowChange, ...]
    indicators: tuple[TouchedIndicator, ...]

    @property
    def nothing_changes(self) -> bool:
        """Whether every row is the same."""
        return not (self.added or self.removed or self.changed)


def compare(
    new: Path,
    old: Path | None,
    contract: Contract,
    registry: Registry,
    place: Place,
    against: str | None,
    indicators: Sequence[TouchedIndicator] = (),
) -> Preview:
    """Compare accepted rows with those in force.

    Args:
        new: the rows that would be accepted, as Parquet by `Registry.arrow_schema`.
        old: the rows in force, None where there are none.
        contract: has key and columns.
        registry: has concepts.
        place: whose deliveries.
        against: id of the delivery in force.
        indicators: that rest on the collection.
    """
    columns = _Columns.of(contract, registry)
    with tempfile.TemporaryDirectory(prefix="preview-") as folder:
        connection = open_session(Path(folder))
        try:
            _open(connection, "new_rows", new, columns, registry)
            _open(connection, "old_rows", old, columns, registry)
            counts = _matched(connection, columns)
            return Preview(
                **place.fields,
                against=against,
                added=counts.get("added", 0),
                removed=counts.get("removed", 0),
                changed=counts.get("changed", 0),
                unchanged=counts.get("same", 0),
                measures=tuple(_measures(connection, columns)),
                rows=tuple(_rows(connection, columns)),
                indicators=tuple(indicators),
            )
        finally:
            connection.close()


def preview(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    upload: Upload,
    verdict: UploadVerdict,
    scratch: Path,
    indicators: Mapping[str, Sequence[TouchedIndicator]] | None = None,
) -> Preview | None:
    """Return what sending a checked upload would change now; kept, so that asking again costs nothing.

    Args:
        store: the store.
        layout: the keys of the store.
        registry: the contracts.
        upload: the upload.
        verdict: its verdict.
        scratch: a folder for working files.
        indicators: those that rest on each feed (`customs_monitor.release.specs.indicators_by_feed`).

    Returns:
        None where nothing would be accepted.
    """
    if verdict.accepted_sha256 is None:
        return None
    contract = registry.feeds[upload.feed]
    place = Place(upload.feed, verdict.period, upload.sender)
    current = current_of(store, layout, contract, place.period, place.sender)
    against = current.receipt.delivery_id if current else None
    kept = layout.key("upload_preview", **upload.fields, delivery_id=against or SEVERAL)
    try:
        return Preview.read(store, kept)
    except ObjectNotFound:
        pass
    with tempfile.TemporaryDirectory(dir=scratch, prefix="preview-") as folder:
        rows = {"new": layout.key("upload_accepted", **upload.fields)} | ({"old": current.key} if current else {})
        paths = {
            name: store.local_path(key) or store.download(key, Path(folder) / f"{name}.parquet")
            for name, key in rows.items()
        }
        touched = (indicators or {}).get(upload.feed, ())
        found = compare(paths["new"], paths.get("old"), contract, registry, place, against, touched)
    store.put_if_absent(kept, found.to_bytes())
    return found


@dataclass(frozen=True)
class _Columns:
    """The columns of a collection by what they are.

    Attributes:
        key: identify a row.
        totals: counts, which add up.
        scores: do not.
        others: texts, flags, confidentiality.
    """

    key: tuple[str, ...]
    totals: tuple[str, ...]
    scores: tuple[str, ...]
    others: tuple[str, ...]

    @classmethod
    def of(cls, contract: Contract, registry: Registry) -> _Columns:
        key = contract.schema_.key
        names = [item.name for item in contract.schema_.properties if item.name not in key]
        numbers = [name for name in names if registry.concepts[name].logicalType in ("integer", "decimal", "number")]
        totals = tuple(name for name in numbers if registry.concepts[name].minimum == 0)
        return cls(
            key=key,
            totals=totals,
            scores=tuple(name for name in numbers if name not in totals),
            others=tuple(name for name in names if name not in numbers),
        )

    @property
    def measures(self) -> tuple[str, ...]:
        return self.totals + self.scores

    @property
    def values(self) -> tuple[str, ...]:
        return self.measures + self.others


def _open(
    connection: duckdb.DuckDBPyConnection, view: str, path: Path | None, columns: _Columns, registry: Registry
) -> None:
    """Make a view of all columns; of rows judged by an older contract, which has fewer, the others are empty."""
    had: set[str] = set()
    if path is not None:
        source = f"read_parquet({literal(path.as_posix())})"
        had = {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    fields = ", ".join(
        f"{identifier(name)}"
        if name in had
        else f"CAST(NULL AS {registry.concepts[name].duckdb_type}) AS {identifier(name)}"
        for name in columns.key + columns.values
    )
    connection.execute(f"CREATE VIEW {view} AS SELECT {fields}" + (f" FROM {source}" if path else " WHERE false"))


def _matched(connection: duckdb.DuckDBPyConnection, columns: _Columns) -> dict[str, int]:
    """Make the table `matched`, a row per key with what became of it, and count."""
    on = " AND ".join(f"old.{identifier(name)} IS NOT DISTINCT FROM new.{identifier(name)}" for name in columns.key)
    first = identifier(columns.key[0])
    differs = any_of(f"old.{identifier(name)} IS DISTINCT FROM new.{identifier(name)}" for name in columns.values)
    fields = [f"coalesce(new.{identifier(name)}, old.{identifier(name)}) AS {identifier(name)}" for name in columns.key]
    for side in ("old", "new"):
        fields += [f"{side}.{identifier(name)} AS {identifier(f'{side} {name}')}" for name in columns.values]
    connection.execute(f"""
        CREATE TABLE matched AS SELECT
            CASE WHEN old.{first} IS NULL THEN 'added' WHEN new.{first} IS NULL THEN 'removed'
                 WHEN {differs} THEN 'changed' ELSE 'same' END AS kind,
            {", ".join(fields)}
        FROM old_rows AS old FULL OUTER JOIN new_rows AS new ON {on}""")
    return dict(connection.execute("SELECT kind, count(*) FROM matched GROUP BY kind").fetchall())


def _measures(connection: duckdb.DuckDBPyConnection, columns: _Columns) -> Iterator[MeasureChange]:
    for name in columns.measures:
        total = name in columns.totals
        old, new = (
            _number(connection, f"SELECT {'sum' if total else 'avg'}({identifier(name)}) FROM {view}")
            for view in ("old_rows", "new_rows")
        )
        difference = (new or 0) - (old or 0)
        yield MeasureChange(
            column=name,
            aggregate="total" if total else "mean",
            old=old,
            new=new,
            difference=difference,
            share=difference / old if old else None,
        )


def _number(connection: duckdb.DuckDBPyConnection, sql: str) -> int | float | None:
    row = connection.execute(sql).fetchone()
    value = row[0] if row else None
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def _rows(connection: duckdb.DuckDBPyConnection, columns: _Columns) -> Iterator[RowChange]:
    """Yield the rows that move most."""
    moves = [
        f"abs(coalesce({identifier(f'new {name}')}, 0)::DOUBLE - coalesce({identifier(f'old {name}')}, 0)::DOUBLE)"
        for name in columns.measures
    ]
    texts = [identifier(name) for name in columns.key]
    texts += [identifier(f"{side} {name}") for side in ("old", "new") for name in columns.values]
    found = connection.execute(f"""
        SELECT kind, {", ".join(f"CAST({text} AS VARCHAR)" for text in texts)}
        FROM matched WHERE kind <> 'same'
        ORDER BY {" + ".join(moves) or "0"} DESC, {", ".join(identifier(name) for name in columns.key)}
        LIMIT {SHOWN}""").fetchall()
    for kind, *cells in found:
        key, values = cells[: len(columns.key)], cells[len(columns.key) :]
        old = dict(zip(columns.values, values[: len(columns.values)], strict=True))
        new = dict(zip(columns.values, values[len(columns.values) :], strict=True))
        differing = [name for name in columns.values if old[name] != new[name]]
        yield RowChange(
            kind=kind,
            key=dict(zip(columns.key, key, strict=True)),
            old={} if kind == "added" else {name: old[name] for name in differing},
            new={} if kind == "removed" else {name: new[name] for name in differing},
        )
