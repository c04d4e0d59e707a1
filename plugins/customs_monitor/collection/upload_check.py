"""The check of an upload: who is at it, and its verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from customs_monitor.collection.records import Record, RuleCount, Verdict
from customs_monitor.collection.uncommitted import put_uncommitted
from customs_monitor.collection.upload_bytes import is_complete
from customs_monitor.collection.uploads import Upload, clock, status_of, uploads_of, uploads_of_all
from customs_storage import ObjectNotFound, ObjectStore
from customs_storage.layout import Layout

#: A claim without a verdict holds so long; a worker that needs longer renews it.
LEASE = timedelta(seconds=60)


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


def claim_check(
    store: ObjectStore,
    layout: Layout,
    upload: Upload,
    worker: str,
    now: Callable[[], datetime] = clock,
    lease: timedelta = LEASE,
) -> CheckClaim | None:
    """Claim the check of a complete upload.

    Args:
        store: the store.
        layout: the keys of the store.
        upload: the upload.
        worker: the process, for logs.
        now: the clock.
        lease: how long a claim without a verdict holds.

    Returns:
        None if it has a verdict, is discarded or incomplete, or another worker is at it.
    """
    if status_of(store, layout, upload).state == "discarded" or not is_complete(store, layout, upload):
        return None
    if store.head(layout.key("upload_verdict", **upload.fields)) is not None:
        return None
    number, moment = 1, now()
    keys = [info.key for info in store.list(layout.prefix("upload_claim", **upload.fields))]
    if keys:
        last = CheckClaim.read(store, keys[-1])
        if moment - last.claimed_at < lease:
            return None
        number = last.number + 1
    claim = CheckClaim(number=number, worker=worker, claimed_at=moment)
    key = layout.key("upload_claim", **upload.fields, number=f"{number:06}")
    return claim if store.put_if_absent(key, claim.to_bytes()) else None


def renew_claim(
    store: ObjectStore, layout: Layout, upload: Upload, claim: CheckClaim, now: Callable[[], datetime] = clock
) -> CheckClaim | None:
    """Claim a check that goes on for another lease.

    Returns:
        None if another worker has taken it over; then the check may stop, or go on: the first verdict holds.
    """
    renewed = CheckClaim(number=claim.number + 1, worker=claim.worker, claimed_at=now())
    key = layout.key("upload_claim", **upload.fields, number=f"{renewed.number:06}")
    return renewed if store.put_if_absent(key, renewed.to_bytes()) else None


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
    if (holds := verdict_of(store, layout, upload)) is not None:
        return holds
    verdict = verdict.model_copy(update={"reports": tuple(path.name for path in reports)})
    for path in reports:
        # Those of two checks differ in their time alone. What is there stays: another worker may have committed it.
        store.put_if_absent(layout.key("upload_report", **upload.fields, name=path.name), path)
    if accepted is not None:
        put_uncommitted(store, layout.key("upload_accepted", **upload.fields), accepted)
    key = layout.key("upload_verdict", **upload.fields)
    return verdict if store.put_if_absent(key, verdict.to_bytes()) else UploadVerdict.read(store, key)


def verdict_of(store: ObjectStore, layout: Layout, upload: Upload) -> UploadVerdict | None:
    """Return the verdict, None if there is none yet."""
    try:
        return UploadVerdict.read(store, layout.key("upload_verdict", **upload.fields))
    except ObjectNotFound:
        return None


def waiting_for_check(store: ObjectStore, layout: Layout, sender: str | None = None) -> list[Upload]:
    """Return the complete uploads that have no verdict and are not discarded, in the order of their opening.

    Args:
        store: the store.
        layout: the keys of the store.
        sender: whose; everybody's by default. Whether somebody is at one `claim_check` tells.
    """
    found = uploads_of_all(store, layout) if sender is None else uploads_of(store, layout, sender)[::-1]
    # One that was confirmed before it was checked is `sending`.
    return [
        status.upload
        for status in found
        if status.state in ("complete", "checking")
        or (status.state == "sending" and verdict_of(store, layout, status.upload) is None)
    ]
