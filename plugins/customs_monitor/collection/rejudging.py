"""Judging again: what the contract of today says of deliveries that were judged by an earlier one.

What comes out as before is left as it is. What does not gets a further judgement beside the earlier ones, with rows and
reports of its own; from then on it counts. The layout of a delivery is looked for anew, since a contract that has
learnt one is a reason to judge again; sender and period stay those of its receipt, which its keys are made of.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from customs_monitor.collection.claims import layout_of
from customs_monitor.collection.judging import JUDGING_LOCK, LOCK_WAIT, series
from customs_monitor.collection.judging_steps import (
    BytesLost,
    Judged,
    commit,
    fault_of,
    judge_landed,
    outcome_of,
    read_again,
    record_of,
)
from customs_monitor.collection.landing import receipts
from customs_monitor.collection.outcomes import failure_recorded, keep_outcome
from customs_monitor.collection.progress import SILENT, Progress
from customs_monitor.collection.records import DeliveryFault, DeliveryOutcome, JudgementRecord, Receipt, Record
from customs_monitor.collection.uncommitted import put_uncommitted
from customs_monitor.collection.verdicts import judgements, report_key, rows_key
from customs_monitor.contracts import Contract, Registry
from customs_monitor.contracts.model import Layout as FileLayout
from customs_monitor.validation.same_rows import rows_not_in
from customs_storage import ObjectNotFound, ObjectStore
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout

#: Bytes of deliveries judged as one batch: their rows lie on disk twice until the batch is done.
_BATCH_BYTES = 2_000_000_000
_ISSUES = "issues.parquet"


class Change(Record):
    """A delivery that is judged otherwise than before.

    Attributes:
        before, after: its judgements; `after` counts from now on, unless it was only tried.
        rows: how many accepted rows are new or others, of those that both judgements accept or only `after`.
    """

    file: str
    before: JudgementRecord
    after: JudgementRecord
    rows: int


class Rejudged(Record):
    """What came of judging deliveries of a feed again.

    Attributes:
        tried: nothing was written.
        deliveries: how many were judged again.
        changes: those judged otherwise, in the order of their arrival.
        restored: files whose accepted rows the store had lost, and has again.
        faults: those whose bytes the store has lost.
    """

    run_id: str
    feed: str
    contract_version: str
    started_at: datetime
    seconds: float
    tried: bool
    deliveries: int
    changes: tuple[Change, ...]
    restored: tuple[str, ...]
    faults: tuple[DeliveryFault, ...]


def rejudge(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    feed: str,
    run_id: str,
    scratch: Path,
    *,
    period: str | None = None,
    sender: str | None = None,
    dry_run: bool = False,
    progress: Progress = SILENT,
) -> Rejudged:
    """Judge the deliveries of a feed again that have a verdict, the refused ones included.

    Args:
        store: the store.
        layout: the keys of the store.
        registry: the contracts.
        feed: the feed.
        run_id: the run that asks, under which the outcome is kept.
        scratch: an empty folder for working files.
        period: only deliveries of this period.
        sender: only those of this sender.
        dry_run: tell what would change, and write nothing.
        progress: is told which delivery is being judged.

    Raises:
        ReadingsDisagree: if the two readings of the contract count differently; what was committed before stays.
        StoreError: if the store fails.
    """
    started_at, clock = datetime.now(UTC), time.monotonic()
    changes: list[Change] = []
    restored: list[str] = []
    faults: list[DeliveryFault] = []
    asked = _Asked(store, layout, registry, registry.feeds[feed], dry_run, progress)
    recording: AbstractContextManager[list[DeliveryOutcome]] = nullcontext([])
    locking: AbstractContextManager[None] = nullcontext()
    # Where nothing is there that was asked for, nothing is written, not even that somebody asked.
    is_there = next(iter(asked.judged_deliveries(period, sender)), None) is not None
    if is_there:
        locking = store.lock(JUDGING_LOCK.format(feed=feed), wait=LOCK_WAIT)
    if is_there and not dry_run:
        recording = failure_recorded(store, layout, run_id, feed, "rejudge")
    with recording as committed, locking:
        verdicts = dict(asked.judged_deliveries(period, sender))
        for batch in _batches(list(verdicts)):
            with tempfile.TemporaryDirectory(dir=scratch) as folder:
                judged, lost = asked.judge(batch, Path(folder))
                faults += lost
                for item in judged:
                    change = asked.settle(item, verdicts[item.receipt], restored)
                    if change is not None:
                        changes.append(change)
                        committed.append(outcome_of(item.receipt, change.after))
        outcome = Rejudged(
            run_id=run_id,
            feed=feed,
            contract_version=registry.feeds[feed].version,
            started_at=started_at,
            seconds=round(time.monotonic() - clock, 3),
            tried=dry_run,
            deliveries=len(verdicts) - len(faults),
            changes=tuple(changes),
            restored=tuple(restored),
            faults=tuple(faults),
        )
        if is_there and not dry_run:
            keep_outcome(store, layout, run_id, f"{feed}.rejudge", outcome)
    return outcome


def _batches(found: Sequence[Receipt]) -> Iterator[list[Receipt]]:
    """Yield deliveries in the order of their arrival, all of a period together: they are compared with each other."""
    batch: list[Receipt] = []
    size = 0
    for _, group in groupby(sorted(found, key=lambda item: item.period), key=lambda item: item.period):
        of_period = sorted(group, key=lambda item: (item.received_at, item.sequence, item.delivery_id))
        more = sum(item.size for item in of_period)
        if batch and size + more > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch += of_period
        size += more
    if batch:
        yield batch


class _Asked:
    """One call of `rejudge`."""

    def __init__(
        self,
        store: ObjectStore,
        layout: Layout,
        registry: Registry,
        contract: Contract,
        dry_run: bool,
        progress: Progress,
    ) -> None:
        self._store, self._layout, self._registry, self._contract = store, layout, registry, contract
        self._dry_run, self._progress = dry_run, progress

    def judged_deliveries(self, period: str | None, sender: str | None) -> Iterator[tuple[Receipt, JudgementRecord]]:
        place = {name: value for name, value in (("period", period), ("sender", sender)) if value}
        # Keys begin with the period: a sender alone is picked from all of the feed.
        listed = place if period else {}
        verdicts = {
            (item.period, item.sender, item.delivery_id): item
            for item in judgements(self._store, self._layout, self._contract.id, **listed)
        }
        for receipt in receipts(self._store, self._layout, feed=self._contract.id, **listed):
            verdict = verdicts.get((receipt.period, receipt.sender, receipt.delivery_id))
            if verdict is not None and sender in (None, receipt.sender):
                yield receipt, verdict

    def judge(self, batch: Sequence[Receipt], folder: Path) -> tuple[list[Judged], list[DeliveryFault]]:
        previous: dict[tuple[str, ...], Path] = {}
        judged: list[Judged] = []
        faults: list[DeliveryFault] = []
        for number, receipt in enumerate(batch):
            self._progress.doing(f"{receipt.feed}: judging {receipt.file} again, {number + 1} of {len(batch)}")
            group = series(self._contract, receipt)
            try:
                item = judge_landed(
                    self._store, self._layout, self._registry, self._contract, receipt,
                    folder / f"{number:05d}", previous.get(group), self._reading,
                )  # fmt: skip
            except BytesLost as error:
                faults.append(fault_of(receipt, error))
                continue
            if item.judgement.accepted is not None:
                previous[group] = item.judgement.accepted
            judged.append(item)
        read_again(self._registry, self._contract, judged, folder / "batch")
        return judged, faults

    def _reading(self, _receipt: Receipt, source: Path) -> tuple[FileLayout, tuple[str, ...]]:
        file_layout, _, looks_like = layout_of(source, self._contract, self._registry)
        return file_layout, looks_like

    def settle(self, item: Judged, before: JudgementRecord, restored: list[str]) -> Change | None:
        """Keep a judgement that is another than the last; bring back rows that the store has lost."""
        after = record_of(self._contract, item, before.revision + 1)
        accepted = item.judgement.accepted
        kept = self._kept_rows(before, item.folder)
        if accepted is None or before.accepted_sha256 is None:
            others = after.rows_accepted
        elif before.accepted_sha256 == after.accepted_sha256:
            others = 0
            if kept is None and not self._dry_run:
                put_uncommitted(self._store, rows_key(self._layout, before, before.revision), accepted)
            restored += [item.receipt.file] if kept is None else []
        else:
            others = rows_not_in(accepted, kept) if kept else after.rows_accepted
        if _same(before, after) and not others and self._same_issues(item, before):
            return None
        if not self._dry_run:
            commit(self._store, self._layout, self._contract, item, after)
        return Change(file=item.receipt.file, before=before, after=after, rows=others)

    def _kept_rows(self, before: JudgementRecord, folder: Path) -> Path | None:
        """Return the rows of the last judgement as a local file; None if there are none, or not those it accepted."""
        if before.accepted_sha256 is None:
            return None
        key = rows_key(self._layout, before, before.revision)
        try:
            path = self._store.local_path(key) or self._store.download(key, folder / "kept.parquet")
        except ObjectNotFound:
            return None
        return path if sha256_of(path) == before.accepted_sha256 else None

    def _same_issues(self, item: Judged, before: JudgementRecord) -> bool:
        """Tell whether the sender is told the same of the same rows."""
        if not before.issues:
            return True
        key = report_key(self._layout, before, _ISSUES, before.revision)
        try:
            kept = self._store.local_path(key) or self._store.download(key, item.folder / f"kept.{_ISSUES}")
        except ObjectNotFound:
            return False
        issues = item.judgement.issues
        return sha256_of(issues) == sha256_of(kept) or not (rows_not_in(issues, kept) or rows_not_in(kept, issues))


def _same(before: JudgementRecord, after: JudgementRecord) -> bool:
    """Tell whether two judgements say the same, whatever the version of the contract and the bytes of the rows."""
    apart = {"contract_version": "", "accepted_sha256": None, "revision": 0}
    return before.model_copy(update=apart) == after.model_copy(update=apart)
