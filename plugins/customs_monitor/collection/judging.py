"""Judging: every landed delivery without a verdict gets one; what is accepted counts from then on."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from customs_monitor.collection.in_force import InForce, accepted
from customs_monitor.collection.landing import receipt_keys
from customs_monitor.collection.outcomes import EXPECTATIONS, failure_recorded, keep_outcome, keep_record
from customs_monitor.collection.progress import SILENT, Progress
from customs_monitor.collection.records import (
    DeliveryOutcome,
    ExpectationOutcome,
    JudgementRecord,
    JudgingOutcome,
    Receipt,
    RuleCount,
)
from customs_monitor.collection.uncommitted import put_uncommitted
from customs_monitor.contracts import Contract, Registry
from customs_monitor.validation.data_docs import record_of
from customs_monitor.validation.expectations import BatchSource, BatchVerdict, judge_batch
from customs_monitor.validation.judge import Delivery, Judgement, judge
from customs_monitor.validation.report import write_reports
from customs_storage import ObjectStore
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout

_LOCK_WAIT = 900.0


class ReadingsDisagree(RuntimeError):
    """The one-pass SQL and the Great Expectations suite count differently: a fault of the platform, not of the data."""


@dataclass(frozen=True)
class _Judged:
    receipt: Receipt
    delivery: Delivery
    source: Path
    judgement: Judgement
    folder: Path


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
    record that makes them count. Killed anywhere, the next run judges again and writes the same bytes.

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
        store.lock(f"judge-{feed}", wait=_LOCK_WAIT),
    ):
        judged = _judge_all(store, layout, registry, contract, scratch, progress)
        after_sql = time.monotonic()
        verdict = _read_again(registry, contract, judged, scratch)
        after_expectations = time.monotonic()
        for item in judged:
            committed.append(_commit(store, layout, contract, item))
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
            keep_record(store, layout, run_id, f"{feed}.{EXPECTATIONS}", record_of(verdict, run_id))
        if committed:
            keep_outcome(store, layout, run_id, f"{feed}.judge", outcome)
    return outcome


def _judge_all(
    store: ObjectStore, layout: Layout, registry: Registry, contract: Contract, scratch: Path, progress: Progress
) -> list[_Judged]:
    found = waiting(store, layout, contract.id)
    previous = _previous(store, layout, contract, found, scratch)
    judged: list[_Judged] = []
    for number, receipt in enumerate(found):
        series = _series(contract, receipt)
        folder = scratch / f"{number:05d}"
        progress.doing(
            f"{contract.id}: judging {receipt.file} ({receipt.size / 1e6:,.1f} MB), {number + 1} of {len(found)}"
        )
        one = _judge_one(store, layout, registry, contract, receipt, folder, previous.get(series))
        if one.judgement.accepted is not None:
            previous[series] = one.judgement.accepted
        judged.append(one)
    return judged


def _previous(
    store: ObjectStore, layout: Layout, contract: Contract, found: Sequence[Receipt], scratch: Path
) -> dict[tuple[str, ...], Path]:
    """Return the accepted rows that the waiting deliveries are compared with, fetched for these alone."""
    wanted = {_series(contract, receipt) for receipt in found}
    last: dict[tuple[str, ...], InForce] = {}
    for period, sender in sorted({(receipt.period, receipt.sender) for receipt in found}):
        for item in accepted(store, layout, contract, period=period, sender=sender):
            if (series := _series(contract, item.receipt)) in wanted:
                last[series] = item
    return {
        series: store.local_path(item.key) or store.download(item.key, scratch / f"previous-{number:05d}.parquet")
        for number, (series, item) in enumerate(last.items())
    }


def _series(contract: Contract, receipt: Receipt) -> tuple[str, ...]:
    """Return what a delivery is compared within; where files carry parts, only those of the same name compare.

    What was made up is no measure of what is real.
    """
    group = (receipt.period, receipt.sender, "synthetic" if receipt.synthetic else "real")
    return group if contract.supersession == "delivery" else (*group, receipt.layout, receipt.file)


def _judge_one(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    contract: Contract,
    receipt: Receipt,
    folder: Path,
    previous: Path | None,
) -> _Judged:
    folder.mkdir(parents=True)
    key = layout.key(
        "landing",
        feed=receipt.feed,
        period=receipt.period,
        sender=receipt.sender,
        delivery_id=receipt.delivery_id,
        name=receipt.file,
    )
    source = store.local_path(key) or store.download(key, folder / "delivery")
    delivery = Delivery(
        feed=receipt.feed,
        delivery_id=receipt.delivery_id,
        sender=receipt.sender,
        period=receipt.period,
        received_at=receipt.received_at,
        file_name=receipt.file,
        sha256=receipt.sha256,
        looks_like=receipt.looks_like,
    )
    judgement = judge(source, delivery, contract, contract.layout(receipt.layout), registry, folder, previous)
    return _Judged(receipt, delivery, source, judgement, folder)


def _read_again(registry: Registry, contract: Contract, judged: list[_Judged], scratch: Path) -> BatchVerdict | None:
    """Let Great Expectations judge the batch, and hold its counts against those of the SQL pass."""
    sources = [
        BatchSource(item.source, contract.layout(item.receipt.layout), item.delivery)
        for item in judged
        if item.judgement.readable
    ]
    if not sources:
        return None
    verdict = judge_batch(registry, contract, sources, scratch)
    counted: Counter[str] = Counter()
    for item in judged:
        if item.judgement.readable:
            for issue in item.judgement.issue_counts:
                counted[issue.rule] += issue.rows
    differing = [
        f"{result.rule}: {counted[result.rule]} in SQL, {result.unexpected_count} in Great Expectations"
        for result in verdict.results
        if result.comparable and result.unexpected_count != counted[result.rule]
    ]
    if differing:
        raise ReadingsDisagree(
            f"{contract.id}: the two readings of the contract count differently; nothing was accepted. "
            + "; ".join(differing)
        )
    return verdict


def _commit(store: ObjectStore, layout: Layout, contract: Contract, item: _Judged) -> DeliveryOutcome:
    """Store accepted rows, reports and, last, the judgement record that makes them count."""
    receipt, judgement = item.receipt, item.judgement
    place = {
        "feed": receipt.feed,
        "period": receipt.period,
        "sender": receipt.sender,
        "delivery_id": receipt.delivery_id,
    }
    if judgement.accepted is not None:
        put_uncommitted(store, layout.key("accepted", **place), judgement.accepted)
    issues = tuple(
        RuleCount(code=count.code, rule=count.rule, severity=count.severity, level=count.level, count=count.count)
        for count in judgement.issue_counts
    )
    if issues:
        for path in write_reports(item.source, item.delivery, judgement, contract, item.folder / "reports"):
            put_uncommitted(store, layout.key("rejected", **place, name=path.name), path)
    record = JudgementRecord(
        **place,
        contract_version=contract.version,
        verdict=judgement.verdict,
        rows_read=judgement.rows_read,
        rows_accepted=judgement.rows_accepted,
        rows_refused=judgement.rows_refused,
        rows_skipped=judgement.rows_skipped,
        issues=issues,
        accepted_sha256=sha256_of(judgement.accepted) if judgement.accepted is not None else None,
    )
    store.put(layout.key("judgement", **place), record.to_bytes())
    return DeliveryOutcome(
        period=receipt.period,
        sender=receipt.sender,
        delivery_id=receipt.delivery_id,
        file=receipt.file,
        verdict=judgement.verdict,
        rows_read=judgement.rows_read,
        rows_accepted=judgement.rows_accepted,
        rows_refused=judgement.rows_refused,
        issues=issues,
    )
