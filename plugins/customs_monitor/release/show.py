"""The figures of one indicator, as published."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from customs_monitor.collection.records import Record
from customs_monitor.release.behind import behind
from customs_monitor.release.errors import NotInRelease
from customs_monitor.release.history import manifest_as_of
from customs_monitor.release.published import Published
from customs_storage import ObjectStore
from customs_storage.layout import Layout

Cell = str | int | float | None
#: What a status says of a figure, in the words of a terminal; A (normal) needs none.
STATUSES = {
    "P": "provisional: senders are missing",
    "L": "missing: the sender did not deliver",
    "Q": "confidential: the value is not public",
    "D": "the source answers a neighbouring question",
}


class Shown(Record):
    """Rows of an indicator, and which release says so.

    Attributes:
        synthetic: whether deliveries that are made up are behind any of the rows.
    """

    release_id: str
    created_at: datetime
    indicator: str
    title: str
    synthetic: bool
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def show(
    store: ObjectStore,
    layout: Layout,
    indicator: str,
    period: str | None = None,
    area: str | None = None,
    as_of: datetime | str | None = None,
) -> Shown:
    """Return the rows of an indicator.

    Args:
        store: where the releases are.
        layout: the keys of the store.
        indicator: its id, as `o4-3`.
        period: a TIME_PERIOD; all by default.
        area: a REF_AREA; all by default.
        as_of: as it was published at that time or in that release; see `manifest_as_of`.

    Raises:
        NothingPublished: if nothing was published then, or `as_of` is neither a time nor the id of a release.
        NotInRelease: if there is no such indicator, it has no figure yet, or none for the period and area.
    """
    published = Published.of(store, layout, manifest_as_of(store, as_of))
    entry, dataset = published.indicator(indicator)
    rows = select(published.table(dataset), {"TIME_PERIOD": period, "REF_AREA": area}, indicator)
    return Shown(
        release_id=published.manifest.release_id,
        created_at=published.manifest.created_at,
        indicator=indicator,
        title=entry.title,
        synthetic=any(
            item.synthetic
            for shown_period in pc.unique(rows["TIME_PERIOD"]).to_pylist()
            for item in behind(published.manifest.deliveries, entry, shown_period)
        ),
        columns=tuple(rows.column_names),
        rows=tuple(zip(*(column.to_pylist() for column in rows.columns), strict=True)),
    )


def select(table: pa.Table, wanted: dict[str, str | None], indicator: str) -> pa.Table:
    """Return the rows with the codes wanted, column by column; None is any.

    Raises:
        NotInRelease: if there is no such column, or no row is left; the message names the codes there are.
    """
    for column, code in wanted.items():
        if code is None:
            continue
        if column not in table.column_names:
            raise NotInRelease(f"{indicator} has no column {column}: it has {', '.join(table.column_names)}")
        found = table.filter(pc.equal(table[column], code))
        if not found.num_rows:
            codes = sorted(str(value) for value in pc.unique(table[column]).to_pylist())
            raise NotInRelease(f"{indicator} has no figure for {column} {code}: it has {', '.join(codes)}")
        table = found
    return table


def number_text(value: float) -> str:
    """Return a figure for a terminal: whole numbers in full, others with six digits."""
    return f"{value:.0f}" if value.is_integer() else f"{value:.6g}"


def as_csv(shown: Shown) -> str:
    """Return the rows as CSV, in the form of the published file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(shown.columns)
    writer.writerows(shown.rows)
    return text.getvalue()


def as_json(shown: Shown) -> str:
    """Return the rows as JSON, an object per row."""
    document = shown.model_dump(mode="json", exclude={"columns", "rows"})
    document["rows"] = [dict(zip(shown.columns, row, strict=True)) for row in shown.rows]
    return json.dumps(document, ensure_ascii=False, indent=2)
