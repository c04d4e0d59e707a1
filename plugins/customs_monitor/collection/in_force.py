"""Which deliveries count now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from customs_monitor.collection.landing import receipts
from customs_monitor.collection.ledger import Event, events, events_of_feed
from customs_monitor.collection.records import JudgementRecord, Place, Receipt
from customs_monitor.collection.verdicts import judgements, rows_key
from customs_monitor.collection.versions import Version, versions
from customs_monitor.contracts import Contract, Registry
from customs_storage import ObjectStore
from customs_storage.layout import Layout


@dataclass(frozen=True)
class InForce:
    """An accepted delivery that counts, with the key of its rows."""

    receipt: Receipt
    judgement: JudgementRecord
    key: str

    @property
    def layout(self) -> str:
        """The layout of the contract that its rows were read by."""
        return self.judgement.layout or self.receipt.layout


def in_force(store: ObjectStore, layout: Layout, registry: Registry) -> list[InForce]:
    """Return the deliveries that count, in the order feed, period, sender, arrival.

    Per feed, period and sender that is the last accepted one where a delivery replaces the one before it, and every
    accepted one where files carry parts (`supersession` key or append); without those that were withdrawn. A refused
    delivery replaces nothing. Within a feed and period, any real delivery displaces all synthetic ones, also when it
    was withdrawn: what is made up does not come back.
    """
    found: list[InForce] = []
    for feed in sorted(registry.feeds):
        found += in_force_of(store, layout, registry.feeds[feed])
    return found


def without_contract(store: ObjectStore, layout: Layout, registry: Registry) -> list[str]:
    """Return the feeds that have deliveries and no contract (any more): no release counts them."""
    return [feed for feed in store.folders(layout.prefix("landing")) if feed not in registry.feeds]


def versions_of(
    store: ObjectStore, layout: Layout, contract: Contract, **place: str
) -> dict[tuple[str, str], list[Version]]:
    """Return every version of every delivery of a feed, by period and sender.

    Args:
        store: the store.
        layout: the keys of the store.
        contract: the feed's.
        **place: `period` and `sender` where only these are asked for.
    """
    judged: dict[tuple[str, str], dict[str, JudgementRecord]] = {}
    for record in judgements(store, layout, contract.id, **place):
        judged.setdefault((record.period, record.sender), {})[record.delivery_id] = record
    ledgers: dict[tuple[str, str], list[Event]]
    if set(place) == {"period", "sender"}:
        one = Place(contract.id, place["period"], place["sender"])
        ledgers = {(one.period, one.sender): events(store, layout, one)}
    else:
        ledgers = events_of_feed(store, layout, contract.id, **place)
    received = sorted(
        receipts(store, layout, feed=contract.id, **place), key=lambda receipt: (receipt.period, receipt.sender)
    )
    found = {}
    for key, group in groupby(received, key=lambda receipt: (receipt.period, receipt.sender)):
        replace = contract.supersession == "delivery"
        found[key] = versions(group, judged.get(key, {}), ledgers.get(key, []), replace=replace)
    return found


def accepted(store: ObjectStore, layout: Layout, contract: Contract, **place: str) -> list[InForce]:
    """Return every delivery of a feed that was accepted and not withdrawn, in the order period, sender, arrival.

    Args:
        store: the store.
        layout: the keys of the store.
        contract: the feed's.
        **place: `period` and `sender` where only these are asked for.
    """
    found: list[InForce] = []
    for _, group in sorted(versions_of(store, layout, contract, **place).items()):
        found += [_in_force(layout, item) for item in group if item.state not in ("received", "refused", "withdrawn")]
    return found


def current_of(store: ObjectStore, layout: Layout, contract: Contract, period: str, sender: str) -> InForce | None:
    """Return the last delivery of a sender and period that counts, None if there is none.

    Whether a real one of another sender displaces it, where it is synthetic, is not looked at.
    """
    found = versions_of(store, layout, contract, period=period, sender=sender).get((period, sender), [])
    counting = [item for item in found if item.current]
    return _in_force(layout, counting[-1]) if counting else None


def _in_force(layout: Layout, version: Version) -> InForce:
    receipt = version.receipt
    assert version.judgement is not None
    return InForce(receipt, version.judgement, rows_key(layout, receipt, version.judgement.revision))


def in_force_of(store: ObjectStore, layout: Layout, contract: Contract, **period: str) -> Iterator[InForce]:
    """Yield the deliveries of one feed that count, in the order period, sender, arrival.

    Args:
        store: the store.
        layout: the keys of the store.
        contract: the feed's.
        **period: `period` where only this one is asked for; it never depends on another.
    """
    found = versions_of(store, layout, contract, **period)
    real = {
        name
        for (name, _), group in found.items()
        if any(item.judgement and item.judgement.accepted_sha256 and not item.receipt.synthetic for item in group)
    }
    for (name, _), group in sorted(found.items()):
        yield from (
            _in_force(layout, item) for item in group if item.current and not (item.receipt.synthetic and name in real)
        )
