"""Two states of a table, compared row by row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import duckdb
import pyarrow as pa

from customs_monitor.collection.records import Record
from customs_monitor.release.datasets import Dataset

#: Changed rows told per table unless asked for more; the counts are always of all.
ROWS_TOLD = 1000
VALUE = "OBS_VALUE"
#: Codes of keys that stand for all others.
_WHOLE = "('_T', 'EU27_2020')"

Change = Literal["added", "removed", "changed"]


class RowChange(Record):
    """A row that is new, gone, or has other values; `old` and `new` have the columns that differ."""

    change: Change
    key: Mapping[str, object]
    old: Mapping[str, object]
    new: Mapping[str, object]

    @property
    def difference(self) -> float | None:
        """By how much the figure rose; None where there is none before or after."""
        old, new = self.old.get(VALUE), self.new.get(VALUE)
        return new - old if isinstance(old, float) and isinstance(new, float) else None


class TableChange(Record):
    """What changed in one table.

    Attributes:
        note: said where rows cannot be compared: the table is new, gone, or has other columns.
        rows: the first of the changes: those of figures first, totals before their parts, then in the order of the key.
        figures: of the changed rows, those with another figure; in the others status or coverage changed.
    """

    table: str
    added: int
    removed: int
    changed: int
    note: str = ""
    rows: tuple[RowChange, ...] = ()
    figures: int = 0

    @property
    def any(self) -> bool:
        """Tell whether anything changed."""
        return bool(self.added or self.removed or self.changed or self.note)


class Comparison:
    """The rows of a table that are not the same in two states of it.

    Args:
        old: the earlier rows.
        new: the later rows.
        dataset: the table; without a key a changed row counts as one removed and one added.
    """

    def __init__(self, old: pa.Table, new: pa.Table, dataset: Dataset) -> None:
        self._dataset, self._sizes = dataset, (old.num_rows, new.num_rows)
        self._columns = tuple(old.schema.names)
        self.note = ""
        #: All changes: `change`, whether the `figure` is another, `key NAME`, `old NAME`, `new NAME`.
        self.rows: pa.Table = pa.table({"change": pa.array([], pa.string())})
        if old.schema.names != new.schema.names:
            self.note = f"other columns: {', '.join(old.schema.names)} became {', '.join(new.schema.names)}"
        else:
            self.rows = _changes(old, new, self._key, self._values)

    def change(self, rows: int | None = ROWS_TOLD) -> TableChange:
        """Return the counts and the first changes; None for all of them."""
        if self.note:
            removed, added = self._sizes
            return TableChange(table=self._dataset.stem, added=added, removed=removed, changed=0, note=self.note)
        counted = {"added": 0, "removed": 0, "changed": 0}
        for item in self.rows["change"].value_counts().to_pylist():
            counted[item["values"]] = item["counts"]
        told = self.rows if rows is None else self.rows.slice(0, rows)
        return TableChange(
            table=self._dataset.stem,
            **counted,
            rows=tuple(_row(row, self._key, self._values) for row in told.to_pylist()),
            figures=sum(self.figures) - counted["added"] - counted["removed"],
        )

    @property
    def figures(self) -> list[bool]:
        """Of each change, whether the figure is another, new or gone, and not only its status or coverage."""
        return list(self.rows["figure"].to_pylist()) if "figure" in self.rows.column_names else []

    @property
    def _key(self) -> list[str]:
        return list(self._dataset.key or self._columns)

    @property
    def _values(self) -> list[str]:
        return [name for name in self._columns if name not in self._key]


def compare(old: pa.Table, new: pa.Table, dataset: Dataset, rows: int | None = ROWS_TOLD) -> TableChange:
    """Compare two states of a table by its key; see `Comparison`."""
    return Comparison(old, new, dataset).change(rows)


def _changes(old: pa.Table, new: pa.Table, key: list[str], values: list[str]) -> pa.Table:
    same = " AND ".join(f'old."{name}" IS NOT DISTINCT FROM new."{name}"' for name in key)
    other = " OR ".join(f'old."{name}" IS DISTINCT FROM new."{name}"' for name in values) or "false"
    columns = ", ".join(
        [f'coalesce(new."{name}", old."{name}") AS "key {name}"' for name in key]
        + [f'old."{name}" AS "old {name}", new."{name}" AS "new {name}"' for name in values]
    )
    kind = "CASE WHEN old.there IS NULL THEN 'added' WHEN new.there IS NULL THEN 'removed' ELSE 'changed' END"
    # A table without a column of figures has nothing but figures.
    figure = f'({kind} <> \'changed\' OR old."{VALUE}" IS DISTINCT FROM new."{VALUE}")' if VALUE in values else "true"
    split = " + ".join(
        f"CAST(coalesce(CAST(\"key {name}\" AS VARCHAR), '') NOT IN {_WHOLE} AS INTEGER)" for name in key
    )
    order = ", ".join([split, *(f'"key {name}"' for name in key)])
    with duckdb.connect() as database:
        database.register("old_rows", old)
        database.register("new_rows", new)
        return database.execute(
            f"""SELECT {kind} AS change, {figure} AS figure, {columns}
            FROM (SELECT *, true AS there FROM old_rows) AS old
            FULL OUTER JOIN (SELECT *, true AS there FROM new_rows) AS new ON {same}
            WHERE old.there IS NULL OR new.there IS NULL OR {other}
            ORDER BY figure DESC, {order}, change"""
        ).to_arrow_table()


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
