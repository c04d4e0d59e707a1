"""The check of an upload: who is at it, and its verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from customs_monitor.collection.records import Record, RuleCount, Verdict
from customs_monitor.collection.uploads import Upload
from customs_storage import ObjectStore
from customs_storage.layout import Layout

#: A claim without a verdict holds so long; longer than the limits of a check let it run.
LEASE = timedelta(minutes=3)


class CheckClaim(Record):
    """A worker says that it checks an upload.

    Attributes:
        number: of the claim, from 1; the last counts.
        worker: the process, for logs.
    """

    number: int
    worker: str
    claimed_at: datetime


class UploadVerdict(Record):
    """The verdict of the check.

    Attributes:
        feed, period, sender: what it would be a delivery of; `_U` for a period that the file does not tell.
        layout, fits, looks_like: as in `Receipt`.
        readable: whether the file could be read to its end. If not, sending it lands it with this verdict, and no other
            process opens it again.
        issues: how often each rule was broken.
        sha256: of the bytes that were checked.
        accepted_sha256: of the rows as Parquet; None where nothing would be accepted.
        reports: names of the report files.
        members: uploads of the files that an archive holds; such an upload is not sent itself, its members are.
    """

    feed: str
    period: str
    sender: str
    verdict: Verdict
    contract_version: str
    layout: str
    fits: bool
    looks_like: tuple[str, ...] = ()
    readable: bool
    rows_read: int
    rows_accepted: int
    rows_refused: int
    rows_skipped: int
    issues: tuple[RuleCount, ...]
    sha256: str
    accepted_sha256: str | None
    reports: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    checked_at: datetime


def _now() -> datetime:
    return datetime.now(UTC)


def claim_check(
    store: ObjectStore,
    layout: Layout,
    upload: Upload,
    worker: str,
    now: Callable[[], datetime] = _now,
    lease: timedelta = LEASE,
) -> CheckClaim | None:
    """Claim the check of a complete upload.

    Returns:
        None if it has a verdict, is discarded or incomplete, or another worker is at it.
    """
    raise NotImplementedError


def keep_verdict(
    store: ObjectStore,
    layout: Layout,
    upload: Upload,
    verdict: UploadVerdict,
    reports: Sequence[Path] = (),
    accepted: Path | None = None,
) -> UploadVerdict:
    """Store reports, accepted rows and, last, the verdict.

    Args:
        store: the store.
        layout: the keys of the store.
        upload: the upload.
        verdict: the verdict; its `reports` are set from `reports`.
        reports: files, each under its own name.
        accepted: the rows that would be accepted.

    Returns:
        The verdict that holds: that of the first worker, where two were at it.
    """
    raise NotImplementedError


def verdict_of(store: ObjectStore, layout: Layout, upload: Upload) -> UploadVerdict | None:
    """Return the verdict, None if there is none yet."""
    raise NotImplementedError


def waiting_for_check(store: ObjectStore, layout: Layout, sender: str | None = None) -> list[Upload]:
    """Return the complete uploads that have no verdict and are not discarded, in the order of their opening.

    Args:
        store: the store.
        layout: the keys of the store.
        sender: whose; everybody's by default. Whether somebody is at one `claim_check` tells.
    """
    raise NotImplementedError
