"""What the rules of a contract found in given rows of a delivery, and what was corrected there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from customs_monitor.collection.records import Record
from customs_monitor.collection.verdicts import report_key
from customs_monitor.release.cell_rows import RowPlace
from customs_monitor.release.published import CORRECTED
from customs_monitor.validation.issue_file import ListedIssue, listed_issues
from customs_storage import ObjectNotFound, ObjectStore
from customs_storage.layout import Layout
from customs_storage.manifest import ManifestDelivery

_ISSUES = "issues.parquet"


class RowIssue(Record):
    """A rule that a row broke, or a correction of it; of the whole delivery where `line` is None."""

    feed: str
    delivery_id: str
    line: int | None
    column: str | None
    rule: str
    severity: str
    value: str | None
    message: str
    correction: bool


def issues_of(
    store: ObjectStore, layout: Layout, delivery: ManifestDelivery, rows: Sequence[RowPlace], scratch: Path
) -> list[RowIssue]:
    """Return the issues of rows of a delivery and those of the whole delivery.

    Args:
        store: where the reports are.
        layout: the keys of the store.
        delivery: the delivery.
        rows: its rows.
        scratch: a folder for the report of a store that is not local.
    """
    key = report_key(layout, delivery, _ISSUES, delivery.revision)
    try:
        path = store.local_path(key) or store.download(key, scratch / f"{delivery.delivery_id}.{_ISSUES}")
    except ObjectNotFound:
        return []  # nothing was wrong
    return list(_issues(path, delivery, {row.line for row in rows}))


def _issues(path: Path, delivery: ManifestDelivery, lines: set[int]) -> Iterator[RowIssue]:
    for issue in listed_issues(path):
        if issue.line is None or issue.line in lines:
            yield _told(issue, delivery)


def _told(issue: ListedIssue, delivery: ManifestDelivery) -> RowIssue:
    return RowIssue(
        feed=delivery.feed,
        delivery_id=delivery.delivery_id,
        line=issue.line,
        column=issue.column,
        rule=issue.rule,
        severity=issue.severity,
        value=issue.value,
        message=issue.message,
        correction=issue.code == CORRECTED,
    )
