"""What changed between two releases, figure by figure, and why it may have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import duckdb
import pyarrow as pa

from customs_monitor.collection.records import Record
from customs_monitor.release.datasets import Dataset
from customs_monitor.release.history import manifest_of
from customs_monitor.release.published import Published
from customs_storage import ObjectStore
from customs_storage.layout import Layout
from customs_storage.manifest import Manifest, ManifestDelivery

#: Changed rows told per table unless asked for more; the counts are always of all.
ROWS_TOLD = 1000


class RowChange(Record):
    """A row that is new, gone, or has other values; `old` and `new` have the columns that differ."""

    change: Literal["added", "removed", "changed"]
    key: Mapping[str, object]
    old: Mapping[str, object]
    new: Mapping[str, object]


class TableChange(Record):
    """What changed in one table.

    Attributes:
        note: said where rows cannot be compared: the table is new, gone, or has other columns.
        rows: the first of the changes, in the order of the key.
    """

    table: str
    added: int
    removed: int
    changed: int
    note: str = ""
    rows: tuple[RowChange, ...] = ()


class Difference(Record):
    """What changed between two releases, and what differs in what they were computed from."""

    old: str
    new: str
    code_changed: bool
    old_code: str
    new_code: str
    deliveries_added: tuple[ManifestDelivery, ...]
    deliveries_removed: tuple[ManifestDelivery, ...]
    tables: tuple[TableChange, ...]


def diff(store: ObjectStore, layout: Layout, old: str, new: str, rows: int | None = ROWS_TOLD) -> Difference:
    """Compare two releases.

    Args:
        store: where they are.
        layout: the keys of the store.
        old: id of the one release.
        new: id of the other.
        rows: how many changed rows to tell per table; None for all.

    Raises:
        NothingPublished: if there is no such release.
    """
    before, after = (Published.of(store, layout, manifest_of(store, release)) for release in (old, new))
    stems = {item.stem: item for item in (*before.contents.datasets, *after.contents.datasets)}
    tables = [
        change
        for dataset in stems.values()
        if before.sha256(dataset) != after.sha256(dataset)
        and (change := _table(before, after, dataset, rows)) is not None
    ]
    return Difference(
        old=old,
        new=new,
        code_changed=before.manifest.code_version != after.manifest.code_version,
        old_code=before.manifest.code_version,
        new_code=after.manifest.code_version,
        deliveries_added=_only(after.manifest, before.manifest),
        deliveries_removed=_only(before.manifest, after.manifest),
        tables=tuple(tables),
    )


def compare(old: pa.Table, new: pa.Table, dataset: Dataset, rows: int | None = ROWS_TOLD) -> TableChange:
    """Compare two states of a table by its key.

    Args:
        old: the earlier rows.
        new: the later rows.
        dataset: the table; without a key a changed row counts as one removed and one added.
        rows: how many changed rows to tell; None for all.
    """
    if old.schema.names != new.schema.names:
        note = f"other columns: {', '.join(old.schema.names)} became {', '.join(new.schema.names)}"
        return TableChange(table=dataset.stem, added=new.num_rows, removed=old.num_rows, changed=0, note=note)
    key = list(dataset.key or old.schema.names)
    values = [name for name in old.schema.names if name not in key]
    same = " AND ".join(f'old."{name}" IS NOT DISTINCT FROM new."{name}"' for name in key)
    other = " OR ".join(f'old."{name}" IS DISTINCT FROM new."{name}"' for name in values) or "false"
    columns = ", ".join(
        [f'coalesce(new."{name}", old."{name}") AS "key {name}"' for name in key]
        + [f'old."{name}" AS "old {name}", new."{name}" AS "new {name}"' for name in values]
    )
    kind = "CASE WHEN old.there IS NULL THEN 'added' WHEN new.there IS NULL THEN 'removed' ELSE 'changed' END"
    with duckdb.connect() as database:
        database.register("old_rows", old)
        database.register("new_rows", new)
        database.execute(
            f"""CREATE TABLE changes AS
            SELECT {kind} AS change, {columns}
            FROM (SELECT *, true AS there FROM old_rows) AS old
            FULL OUTER JOIN (SELECT *, true AS there FROM new_rows) AS new ON {same}
            WHERE old.there IS NULL OR new.there IS NULL OR {other}"""
        )
        counts = dict(database.execute("SELECT change, count(*) FROM changes GROUP BY change").fetchall())
        order = ", ".join(f'"key {name}"' for name in key)
        limit = "" if rows is None else f" LIMIT {rows}"
        told = database.execute(f"SELECT * FROM changes ORDER BY {order}, change{limit}").to_arrow_table().to_pylist()
    return TableChange(
        table=dataset.stem,
        added=counts.get("added", 0),
        removed=counts.get("removed", 0),
        changed=counts.get("changed", 0),
        rows=tuple(_row(row, key, values) for row in told),
    )


def identity(delivery: ManifestDelivery) -> tuple[str, str, str, str]:
    """Return what makes a delivery the same one in two releases."""
    return delivery.feed, delivery.period, delivery.sender, delivery.delivery_id


def as_text(difference: Difference) -> str:
    """Return a comparison for a terminal."""
    return "\n".join(_lines(difference)) + "\n"


def _lines(told: Difference) -> Iterator[str]:
    yield f"{told.old} -> {told.new}"
    yield f"Code: {f'{told.old_code} -> {told.new_code}' if told.code_changed else f'the same, {told.new_code}'}"
    for what, deliveries in (("Deliveries added", told.deliveries_added), ("removed", told.deliveries_removed)):
        yield f"{what}: {len(deliveries)}"
        for delivery in deliveries:
            yield f"  {delivery.feed} {delivery.period} {delivery.sender} {delivery.delivery_id} from {delivery.origin}"
    if not told.tables:
        yield "Every table is the same."
    for table in told.tables:
        yield f"\n{table.table}: {table.added:,} added, {table.removed:,} removed, {table.changed:,} changed"
        if table.note:
            yield f"  {table.note}"
        for row in table.rows:
            key = " ".join(str(value) for value in row.key.values())
            names = row.new if row.change == "added" else row.old
            if row.change == "changed":
                values = ", ".join(f"{name} {row.old[name]} -> {row.new[name]}" for name in names)
            else:
                values = ", ".join(f"{name} {value}" for name, value in names.items())
            yield f"  {row.change:8} {key}{': ' if values else ''}{values}"
        if (rest := table.added + table.removed + table.changed - len(table.rows)) and not table.note:
            yield f"  ... and {rest:,} more"


def _table(before: Published, after: Published, dataset: Dataset, rows: int | None) -> TableChange | None:
    old, new = (item.table(dataset) if item.sha256(dataset) else None for item in (before, after))
    if old is not None and new is not None:
        change = compare(old, new, dataset, rows)
        return change if change.note or change.added or change.removed or change.changed else None
    return TableChange(
        table=dataset.stem,
        added=new.num_rows if new is not None else 0,
        removed=old.num_rows if old is not None else 0,
        changed=0,
        note="the table is new" if old is None else "the table is gone",
    )


def _row(row: Mapping[str, object], key: list[str], values: list[str]) -> RowChange:
    change = row["change"]
    assert change in ("added", "removed", "changed")
    differing = [name for name in values if change != "changed" or row[f"old {name}"] != row[f"new {name}"]]
    return RowChange(
        change=change,
        key={name: row[f"key {name}"] for name in key},
        old={name: row[f"old {name}"] for name in differing} if change != "added" else {},
        new={name: row[f"new {name}"] for name in differing} if change != "removed" else {},
    )


def _only(one: Manifest, other: Manifest) -> tuple[ManifestDelivery, ...]:
    known = {identity(delivery) for delivery in other.deliveries}
    return tuple(delivery for delivery in one.deliveries if identity(delivery) not in known)
