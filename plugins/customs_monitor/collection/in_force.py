"""Which deliveries count now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from customs_monitor.collection.landing import receipts
from customs_monitor.collection.records import JudgementRecord, Receipt
from customs_monitor.contracts import Contract, Registry
from customs_storage import ObjectStore
from customs_storage.layout import Layout


@dataclass(frozen=True)
class InForce:
    """An accepted delivery that counts, with the key of its rows."""

    receipt: Receipt
    judgement: JudgementRecord
    key: str


def in_force(store: ObjectStore, layout: Layout, registry: Registry) -> list[InForce]:
    """Return the deliveries that count, in the order feed, period, sender, arrival.

    Per feed, period and sender that is the last accepted one where a delivery replaces the one before it, and every
    accepted one where files carry parts (`supersession` key or append). A refused delivery replaces nothing. Within
    a feed and period, any real delivery displaces all synthetic ones.
    """
    found: list[InForce] = []
    for feed in sorted(registry.feeds):
        found += in_force_of(store, layout, registry.feeds[feed])
    return found


def without_contract(store: ObjectStore, layout: Layout, registry: Registry) -> list[str]:
    """Return the feeds that have deliveries and no contract (any more): no release counts them."""
    return [feed for feed in store.folders(layout.prefix("landing")) if feed not in registry.feeds]


def accepted(store: ObjectStore, layout: Layout, contract: Contract, **place: str) -> list[InForce]:
    """Return every delivery of a feed that was ever accepted, in the order period, sender, arrival.

    Args:
        store: the store.
        layout: the keys of the store.
        contract: the feed's.
        **place: `period` and `sender` where only these are asked for.
    """
    judged = {
        (item.period, item.sender, item.delivery_id): item for item in judgements(store, layout, contract.id, **place)
    }
    found: list[InForce] = []
    for receipt in receipts(store, layout, feed=contract.id, **place):
        judgement = judged.get((receipt.period, receipt.sender, receipt.delivery_id))
        if judgement is None or judgement.accepted_sha256 is None:
            continue
        key = layout.key(
            "accepted",
            feed=contract.id,
            period=receipt.period,
            sender=receipt.sender,
            delivery_id=receipt.delivery_id,
        )
        found.append(InForce(receipt, judgement, key))
    found.sort(key=_order)
    return found


def _order(item: InForce) -> tuple[str, str, int, datetime, str]:
    """Return what deliveries are sorted by; two runs at once on S3 may have given one sequence number twice."""
    receipt = item.receipt
    return receipt.period, receipt.sender, receipt.sequence, receipt.received_at, receipt.delivery_id


def in_force_of(store: ObjectStore, layout: Layout, contract: Contract, **period: str) -> Iterator[InForce]:
    """Yield the deliveries of one feed that count, in the order period, sender, arrival.

    Args:
        store: the store.
        layout: the keys of the store.
        contract: the feed's.
        **period: `period` where only this one is asked for; it never depends on another.
    """
    deliveries = accepted(store, layout, contract, **period)
    real = {item.receipt.period for item in deliveries if not item.receipt.synthetic}
    counting = [item for item in deliveries if not item.receipt.synthetic or item.receipt.period not in real]
    for _, group in groupby(counting, key=lambda item: (item.receipt.period, item.receipt.sender)):
        versions = list(group)
        yield from versions[-1:] if contract.supersession == "delivery" else versions


def judgements(store: ObjectStore, layout: Layout, feed: str, **place: str) -> Iterator[JudgementRecord]:
    """Yield the judgement records of a feed (of one `period` and `sender` of it), in the order of their keys."""
    for info in store.list(layout.prefix("judgement", feed=feed, **place)):
        yield JudgementRecord.read(store, info.key)
