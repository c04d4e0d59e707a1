"""What every judging of landed deliveries does, the first as well as a later one: fetch, judge, read again, commit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from customs_monitor.collection.records import DeliveryFault, DeliveryOutcome, JudgementRecord, Receipt, RuleCount
from customs_monitor.collection.uncommitted import put_uncommitted
from customs_monitor.collection.verdicts import FIRST, judgement_key, place_of, report_key, rows_key
from customs_monitor.contracts import Contract, Registry
from customs_monitor.contracts.model import Layout as FileLayout
from customs_monitor.validation.expectations import BatchSource, BatchVerdict, judge_batch
from customs_monitor.validation.judge import Delivery, Judgement, judge
from customs_monitor.validation.report import write_reports
from customs_storage import ChecksumMismatch, ObjectNotFound, ObjectStore
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout

#: Tells by what layout of its contract a landed file is to be read, and of which other feeds it has the header.
Reading = Callable[[Receipt, Path], tuple[FileLayout, tuple[str, ...]]]


class ReadingsDisagree(RuntimeError):
    """The one-pass SQL and the Great Expectations suite count differently: a fault of the platform, not of the data."""


class BytesLost(RuntimeError):
    """The landing zone has not kept a delivery as its receipt says it came."""


@dataclass(frozen=True)
class Judged:
    """A delivery with a judgement that is not committed yet; its working files lie in `folder`."""

    receipt: Receipt
    delivery: Delivery
    layout: FileLayout
    source: Path
    judgement: Judgement
    folder: Path


def judge_landed(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    contract: Contract,
    receipt: Receipt,
    folder: Path,
    previous: Path | None,
    reading: Reading,
) -> Judged:
    """Judge one landed delivery.

    Args:
        store: the store.
        layout: the keys of the store.
        registry: the contracts.
        contract: of its feed.
        receipt: what landed.
        folder: a new folder for working files.
        previous: the accepted rows it is compared with.
        reading: by what layout it is read.

    Raises:
        BytesLost: if its bytes are gone, or are not as many as were received.
    """
    folder.mkdir(parents=True)
    source = _landed_bytes(store, layout, receipt, folder)
    file_layout, looks_like = reading(receipt, source)
    delivery = Delivery(
        feed=receipt.feed,
        delivery_id=receipt.delivery_id,
        sender=receipt.sender,
        period=receipt.period,
        received_at=receipt.received_at,
        file_name=receipt.file,
        sha256=receipt.sha256,
        looks_like=looks_like,
    )
    judgement = judge(source, delivery, contract, file_layout, registry, folder, previous)
    return Judged(receipt, delivery, file_layout, source, judgement, folder)


def _landed_bytes(store: ObjectStore, layout: Layout, receipt: Receipt, folder: Path) -> Path:
    key = layout.key("landing", **place_of(receipt), name=receipt.file)
    cure = "bring it back from a copy or an earlier version of the store, or put the same file into an inbox again"
    try:
        source = store.local_path(key) or store.download(key, folder / "delivery")
    except ObjectNotFound:
        raise BytesLost(f"{key} is gone: {cure}") from None
    except ChecksumMismatch as error:
        raise BytesLost(f"{error}: {cure}") from None
    if (size := source.stat().st_size) != receipt.size:
        raise BytesLost(f"{key} has {size:,} bytes, and {receipt.size:,} were received: remove it, then {cure}")
    return source


def fault_of(receipt: Receipt, error: BytesLost) -> DeliveryFault:
    """Return the record of a delivery that cannot be judged."""
    return DeliveryFault(
        period=receipt.period,
        sender=receipt.sender,
        delivery_id=receipt.delivery_id,
        file=receipt.file,
        fault=str(error),
    )


def read_again(registry: Registry, contract: Contract, judged: Sequence[Judged], scratch: Path) -> BatchVerdict | None:
    """Let Great Expectations judge the batch, and hold its counts against those of the SQL pass.

    Returns:
        What it found, None where no delivery could be read.

    Raises:
        ReadingsDisagree: if the two count a rule differently.
    """
    sources = [BatchSource(item.source, item.layout, item.delivery) for item in judged if item.judgement.readable]
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


def record_of(contract: Contract, item: Judged, revision: int = FIRST) -> JudgementRecord:
    """Return the record of a judgement."""
    receipt, judgement = item.receipt, item.judgement
    return JudgementRecord(
        **place_of(receipt),
        contract_version=contract.version,
        verdict=judgement.verdict,
        rows_read=judgement.rows_read,
        rows_accepted=judgement.rows_accepted,
        rows_refused=judgement.rows_refused,
        rows_skipped=judgement.rows_skipped,
        issues=tuple(
            RuleCount(code=count.code, rule=count.rule, severity=count.severity, level=count.level, count=count.count)
            for count in judgement.issue_counts
        ),
        accepted_sha256=sha256_of(judgement.accepted) if judgement.accepted is not None else None,
        revision=revision,
        layout=item.layout.id if item.layout.id != receipt.layout else None,
    )


def commit(store: ObjectStore, layout: Layout, contract: Contract, item: Judged, record: JudgementRecord) -> None:
    """Store accepted rows, reports and, last, the judgement record that makes them count."""
    if item.judgement.accepted is not None:
        put_uncommitted(store, rows_key(layout, record, record.revision), item.judgement.accepted)
    if record.issues:
        reports = item.folder / "reports"
        for path in write_reports(item.source, item.delivery, item.judgement, contract, item.layout, reports):
            put_uncommitted(store, report_key(layout, record, path.name, record.revision), path)
    store.put(judgement_key(layout, record, record.revision), record.to_bytes())


def outcome_of(receipt: Receipt, record: JudgementRecord) -> DeliveryOutcome:
    """Return what a run says of a delivery that it has judged."""
    return DeliveryOutcome(
        period=receipt.period,
        sender=receipt.sender,
        delivery_id=receipt.delivery_id,
        file=receipt.file,
        verdict=record.verdict,
        rows_read=record.rows_read,
        rows_accepted=record.rows_accepted,
        rows_refused=record.rows_refused,
        issues=record.issues,
    )
