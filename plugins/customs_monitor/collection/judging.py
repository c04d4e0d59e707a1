"""Judging: every landed delivery without a verdict gets one; what is accepted counts from then on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from customs_monitor.collection.in_force import InForce, accepted
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
from customs_monitor.collection.landing import receipt_keys
from customs_monitor.collection.outcomes import EXPECTATIONS, failure_recorded, keep_outcome, keep_record
from customs_monitor.collection.progress import SILENT, Progress
from customs_monitor.collection.records import DeliveryFault, ExpectationOutcome, JudgingOutcome, Receipt
from customs_monitor.contracts import Contract, Registry
from customs_monitor.contracts.model import Layout as FileLayout
from customs_monitor.validation import data_docs
from customs_storage import ObjectStore
from customs_storage.layout import Layout

#: Whoever judges deliveries of a feed holds this lock; seconds to wait for another holder.
JUDGING_LOCK = "judge-{feed}"
LOCK_WAIT = 900.0


def waiting(store: ObjectStore, layout: Layout, feed: str) -> list[Receipt]:
    """Return the landed deliveries of a feed that have no verdict yet, in the order of their arrival."""
    # By their keys: the receipts of years need not be read to find the few that wait.
    keys = {
        layout.key("judgement", **layout.parse("receipt", key)): key for key in receipt_keys(store, layout, feed=feed)
    }
    judged = {info.key for info in store.list(layout.prefix("judgement", feed=feed))}
    found = [Receipt.read(store, key) for judgement, key in keys.items() if judgement not in judged]
    return sorted(found, key=lambda item: (item.received_at, item.sequence, item.delivery_id))


def judge_waiting(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    feed: str,
    run_id: str,
    scratch: Path,
    progress: Progress = SILENT,
) -> JudgingOutcome:
    """Judge the waiting deliveries of a feed, twice: row by row in SQL, and as a batch with Great Expectations.

    Only when both readings count the same is anything committed: accepted rows, reports and, last, the judgement
    record that makes them count. Killed anywhere, the next run judges again and writes the same bytes. A delivery
    whose bytes the store has lost is reported as a fault, goes on waiting, and keeps no other from being judged.

    Args:
        store: the store.
        layout: the keys of the store.
        registry: the contracts.
        feed: the feed.
        run_id: the run that asks.
        scratch: an empty folder for working files.
        progress: is told which delivery is being judged.

    Raises:
        ReadingsDisagree: if the two readings count a rule differently.
        StoreError: if the store fails. Whatever fails is in the outcome record of the step.
    """
    started_at, clock = datetime.now(UTC), time.monotonic()
    contract = registry.feeds[feed]
    with (
        failure_recorded(store, layout, run_id, feed, "judge") as committed,
        store.lock(JUDGING_LOCK.format(feed=feed), wait=LOCK_WAIT),
    ):
        judged, faults = _judge_all(store, layout, registry, contract, scratch, progress)
        after_sql = time.monotonic()
        verdict = read_again(registry, contract, judged, scratch)
        after_expectations = time.monotonic()
        for item in judged:
            record = record_of(contract, item)
            commit(store, layout, contract, item, record)
            committed.append(outcome_of(item.receipt, record))
        outcome = JudgingOutcome(
            run_id=run_id,
            feed=feed,
            started_at=started_at,
            seconds={
                "sql": round(after_sql - clock, 3),
                "expectations": round(after_expectations - after_sql, 3),
                "store": round(time.monotonic() - after_expectations, 3),
            },
            deliveries=tuple(committed),
            faults=tuple(faults),
            expectations=tuple(
                ExpectationOutcome(
                    rule=result.rule,
                    code=result.code,
                    severity=result.severity,
                    success=result.success,
                    unexpected_count=result.unexpected_count,
                )
                for result in (verdict.results if verdict else ())
            ),
        )
        if verdict is not None:
            keep_record(store, layout, run_id, f"{feed}.{EXPECTATIONS}", data_docs.record_of(verdict, run_id))
        if committed or faults:
            keep_outcome(store, layout, run_id, f"{feed}.judge", outcome)
    return outcome


def _judge_all(
    store: ObjectStore, layout: Layout, registry: Registry, contract: Contract, scratch: Path, progress: Progress
) -> tuple[list[Judged], list[DeliveryFault]]:
    found = waiting(store, layout, contract.id)
    previous = _previous(store, layout, contract, found, scratch)
    judged: list[Judged] = []
    faults: list[DeliveryFault] = []

    def as_received(receipt: Receipt, _source: Path) -> tuple[FileLayout, tuple[str, ...]]:
        return contract.layout(receipt.layout), receipt.looks_like

    for number, receipt in enumerate(found):
        group = series(contract, receipt)
        folder = scratch / f"{number:05d}"
        progress.doing(
            f"{contract.id}: judging {receipt.file} ({receipt.size / 1e6:,.1f} MB), {number + 1} of {len(found)}"
        )
        try:
            one = judge_landed(store, layout, registry, contract, receipt, folder, previous.get(group), as_received)
        except BytesLost as error:
            faults.append(fault_of(receipt, error))
            continue
        if one.judgement.accepted is not None:
            previous[group] = one.judgement.accepted
        judged.append(one)
    return judged, faults


def _previous(
    store: ObjectStore, layout: Layout, contract: Contract, found: Sequence[Receipt], scratch: Path
) -> dict[tuple[str, ...], Path]:
    """Return the accepted rows that the waiting deliveries are compared with, fetched for these alone."""
    wanted = {series(contract, receipt) for receipt in found}
    last: dict[tuple[str, ...], InForce] = {}
    for period, sender in sorted({(receipt.period, receipt.sender) for receipt in found}):
        for item in accepted(store, layout, contract, period=period, sender=sender):
            if (group := series(contract, item.receipt)) in wanted:
                last[group] = item
    return {
        group: store.local_path(item.key) or store.download(item.key, scratch / f"previous-{number:05d}.parquet")
        for number, (group, item) in enumerate(last.items())
    }


def series(contract: Contract, receipt: Receipt) -> tuple[str, ...]:
    """Return what a delivery is compared within; where files carry parts, only those of the same name compare.

    What was made up is no measure of what is real.
    """
    group = (receipt.period, receipt.sender, "synthetic" if receipt.synthetic else "real")
    return group if contract.supersession == "delivery" else (*group, receipt.layout, receipt.file)
