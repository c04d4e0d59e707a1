"""What changed between two releases, figure by figure, and why."""

from __future__ import annotations

from collections.abc import Iterator

from customs_monitor.release.causes import identity
from customs_monitor.release.changes import CellChange, Changes, TableNews, changes
from customs_monitor.release.comparing import ROWS_TOLD, VALUE, RowChange, TableChange, compare
from customs_monitor.release.history import manifest_of
from customs_monitor.release.published import Published
from customs_monitor.release.show import number_text
from customs_storage import ObjectStore
from customs_storage.layout import Layout

__all__ = ["RowChange", "TableChange", "as_text", "compare", "diff", "identity"]

#: Changed rows of a table that a terminal shows; `--json` has more.
_SHOWN = 20


def diff(store: ObjectStore, layout: Layout, old: str, new: str, rows: int | None = ROWS_TOLD) -> Changes:
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
    return changes(before, after, rows)


def as_text(told: Changes) -> str:
    """Return a comparison for a terminal."""
    return "\n".join(_lines(told)) + "\n"


def _lines(told: Changes) -> Iterator[str]:
    yield f"{told.old} -> {told.new}"
    yield f"Code: {f'{told.old_code} -> {told.new_code}' if told.code_changed else f'the same, {told.new_code}'}"
    if told.libraries_changed:
        yield "Libraries: uv.lock is another"
    if told.rules:
        yield f"Rules of feeds: the contracts of {', '.join(told.rules)} are others"
    yield f"Methods: {len(told.methods)} tables are made in another way"
    for method in told.methods:
        yield f"  {method.table}: {method.text}"
    yield f"Deliveries: {len(told.deliveries)} came, went or were judged again"
    for item in told.deliveries:
        delivery = item.delivery
        replaces = f", in the place of {', '.join(item.replaces)}" if item.replaces else ""
        gone = f", replaced by {', '.join(item.replaced_by)}" if item.replaced_by else ""
        yield (
            f"  {item.kind}: {delivery.feed} {delivery.period} {delivery.sender} {delivery.delivery_id} "
            f"from {delivery.origin}{replaces}{gone}"
        )
    if not told.tables:
        yield "Every table is the same."
    for table in told.tables:
        yield from table_lines(table)


def table_lines(table: TableChange) -> Iterator[str]:
    """Yield the changes of a table for a terminal, with their causes where these are known."""
    title = f"  {table.title}" if isinstance(table, TableNews) else ""
    yield f"\n{table.table}{title}"
    figures = f", {table.figures:,} of them figures" if table.changed else ""
    yield f"  {table.added:,} added, {table.removed:,} removed, {table.changed:,} changed{figures}"
    if table.note:
        yield f"  {table.note}"
    if isinstance(table, TableNews):
        yield from (f"  because of {cause.text}" for cause in table.causes)
    for row in table.rows[:_SHOWN]:
        yield f"  {_row_line(row)}"
    if rest := table.added + table.removed + table.changed - len(table.rows[:_SHOWN]):
        yield f"  ... and {rest:,} more"


def _row_line(row: RowChange) -> str:
    key = " ".join(str(value) for value in row.key.values())
    if row.change == "changed":
        rose = (
            {VALUE: f" ({'+' if row.difference > 0 else ''}{number_text(row.difference)})"}
            if row.difference is not None
            else {}
        )
        values = ", ".join(
            f"{'' if name == VALUE else f'{name} '}{_told(row.old[name])} -> {_told(row.new[name])}{rose.get(name, '')}"
            for name in row.new
        )
    else:
        told = row.new or row.old
        shown = (VALUE, "OBS_STATUS") if VALUE in told else tuple(told)
        values = ", ".join(f"{name} {_told(told[name])}" for name in shown if name in told)
    causes = (
        f"  [{', '.join(dict.fromkeys(cause.kind for cause in row.causes))}]" if isinstance(row, CellChange) else ""
    )
    return f"{row.change:8} {key}{': ' if values else ''}{values}{causes}"


def _told(value: object) -> str:
    return "nothing" if value is None else number_text(value) if isinstance(value, float) else str(value)
