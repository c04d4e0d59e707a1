"""What changed between two states of the published tables, figure by figure: one answer for command and page.

The two states may be two kept releases, or a release and the candidate that is to replace it.
"""

from __future__ import annotations

from customs_monitor.collection.records import Record
from customs_monitor.release.causes import Cause, DeliveryChange, MethodChange, Reasons, State
from customs_monitor.release.comparing import ROWS_TOLD, Comparison, RowChange, TableChange
from customs_monitor.release.datasets import Dataset


class CellChange(RowChange):
    """A changed row with its causes, the surest first."""

    causes: tuple[Cause, ...]


class TableNews(TableChange):
    """What changed in a table, and all causes of it.

    Attributes:
        new: whether the table is.
        causes: of all changes, also of those not told.
        rows: the first of them, those of figures first.
    """

    title: str
    new: bool = False
    causes: tuple[Cause, ...] = ()
    rows: tuple[CellChange, ...] = ()


class Changes(Record):
    """What changed, and what differs in what the tables are computed from."""

    old: str
    new: str
    old_code: str
    new_code: str
    code_changed: bool
    libraries_changed: bool
    deliveries: tuple[DeliveryChange, ...]
    methods: tuple[MethodChange, ...]
    rules: tuple[str, ...]
    tables: tuple[TableNews, ...]

    def of(self, stem: str) -> TableNews | None:
        """Return what changed in a table, None if nothing did."""
        return next((item for item in self.tables if item.table == stem), None)


def changes(before: State, after: State, rows: int | None = ROWS_TOLD) -> Changes:
    """Compare two states.

    Args:
        before: the earlier one.
        after: the later one.
        rows: how many changed rows to tell per table; None for all. Counts and causes are always of all.

    Raises:
        ReleaseError: if a table is not what was published.
    """
    reasons = Reasons(before, after)
    stems = {item.stem: item for item in (*before.contents.datasets, *after.contents.datasets) if item.public}
    tables = (
        _table(before, after, dataset, reasons, rows)
        for dataset in stems.values()
        if before.sha256(dataset) != after.sha256(dataset)
    )
    return Changes(
        old=before.manifest.release_id,
        new=after.manifest.release_id,
        old_code=before.manifest.code_version,
        new_code=after.manifest.code_version,
        code_changed=reasons.code_changed,
        libraries_changed=reasons.libraries_changed,
        deliveries=reasons.deliveries,
        methods=tuple(reasons.methods.values()),
        rules=reasons.rules,
        tables=tuple(table for table in tables if table is not None),
    )


def _table(before: State, after: State, dataset: Dataset, reasons: Reasons, rows: int | None) -> TableNews | None:
    old, new = (state.table(dataset) if state.sha256(dataset) else None for state in (before, after))
    there = new if new is not None else old
    assert there is not None
    nothing = there.slice(0, 0)
    comparison = Comparison(old if old is not None else nothing, new if new is not None else nothing, dataset)
    change = comparison.change(rows)
    if not change.any:
        return None
    causes = reasons.of(dataset)
    told = zip(change.rows, comparison.figures, strict=False)
    return TableNews(
        **change.model_dump(exclude={"rows", "note"}),
        note=change.note or ("the table is new" if old is None else "the table is gone" if new is None else ""),
        title=dataset.title,
        new=old is None,
        causes=causes.of_all(comparison.rows),
        rows=tuple(
            CellChange(**row.model_dump(), causes=causes.of_cell(row.key, figure=figure)) for row, figure in told
        ),
    )
