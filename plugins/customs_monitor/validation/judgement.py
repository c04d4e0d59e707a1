"""What is judged, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from customs_monitor.validation.issue_list import IssueCount

Verdict = Literal["accepted", "accepted_with_warnings", "refused"]


@dataclass(frozen=True)
class Delivery:
    """One file of one sender, as it was received.

    Attributes:
        period: the reporting period, `_Z` where the file spans several.
        received_at: UTC.
        file_name: without folders.
        looks_like: other feeds that have the header of the file, where its own has not.
    """

    feed: str
    delivery_id: str
    sender: str
    period: str
    received_at: datetime
    file_name: str
    sha256: str
    looks_like: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """What came of a delivery.

    Attributes:
        verdict: information alone does not make a warning.
        rows_read: rows after `unpivot`, with the records that could not be read and those skipped: the sum of the
            other three.
        rows_skipped: records that are no data of the feed (`where`; no filled cell to unpivot) and repeated rows,
            which are counted once.
        issue_counts: how often every broken rule was broken, in issues and in rows.
        issues: Parquet by `ISSUE_SCHEMA`, ordered by line, column and rule; may be empty.
        accepted: Parquet by `Registry.arrow_schema`, in the order of the file; None when refused.
        readable: whether header and records could be read to the end, so that the counts of rules about rows are
            complete.
    """

    verdict: Verdict
    rows_read: int
    rows_accepted: int
    rows_refused: int
    rows_skipped: int
    issue_counts: tuple[IssueCount, ...]
    issues: Path
    accepted: Path | None
    readable: bool
