"""The completeness clock: each collection and period closes once, when complete or at the deadline; then revisions.

A closing is an object that is created once under its number, so of two clocks at once one fires. Each reads the last
closing first and the deliveries after it, and creates the next number only if nobody has since: what a closing says is
never older than what the one before it says.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from customs_monitor.collection.calendar import Window, windows
from customs_monitor.collection.in_force import in_force_of
from customs_monitor.collection.landing import receipt_keys
from customs_monitor.collection.records import Receipt, Record
from customs_monitor.collection.verdicts import read_key
from customs_monitor.contracts import Contract, Registry
from customs_storage import ObjectStore
from customs_storage.canonical import canonical_json
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout

#: How long a deadline waits for the verdict on what was received in time: whoever sent in time is not named missing.
PATIENCE = timedelta(hours=6)

Occasion = Literal["complete", "deadline", "revision"]
ChangeKind = Literal["arrived", "replaced", "withdrawn", "newly expected", "no longer expected"]


class Sent(Record):
    """What counts of an expected sender.

    Attributes:
        deliveries: ids of the deliveries in force, in the order of their arrival.
        received_at: when the last of them came.
        synthetic: whether they are made up.
    """

    deliveries: tuple[str, ...]
    received_at: datetime
    synthetic: bool = False


class Change(Record):
    """What happened to one sender since the closing before; `withdrawn` also where real data displace made-up ones."""

    sender: str
    change: ChangeKind
    received_at: datetime | None = None


class Closing(Record):
    """A collection and period was closed, or changed after that.

    Attributes:
        number: 1 closes; those that follow are revisions.
        occasion: what the clock fired for.
        at: when it fired.
        due_on, closes_at: the last day and the end of it, as the calendar was then.
        expected: who was to send, sorted.
        sent: who did, by sender.
        missing: who did not, sorted; the figures are provisional as long as there is any.
        changes: since the closing before, by sender; none in the first.
        seen: SHA-256 over the keys of the records it rests on: as long as there are no others nothing has changed.
    """

    feed: str
    period: str
    number: int
    occasion: Occasion
    at: datetime
    due_on: date
    closes_at: datetime
    expected: tuple[str, ...]
    sent: dict[str, Sent]
    missing: tuple[str, ...]
    changes: tuple[Change, ...] = ()
    seen: str

    @property
    def provisional(self) -> bool:
        """Whether senders are missing."""
        return bool(self.missing)

    @property
    def synthetic(self) -> bool:
        """Whether made-up deliveries count."""
        return any(sent.synthetic for sent in self.sent.values())


@dataclass(frozen=True)
class Standing:
    """How a collection and period stands.

    Attributes:
        expected: who is to send.
        sent: what counts, by sender; others than those expected are left out.
        checking: senders with a delivery that was received before the deadline and has no verdict yet.
        seen: as in `Closing`.
    """

    expected: tuple[str, ...]
    sent: Mapping[str, Sent]
    checking: Collection[str]
    seen: str

    @property
    def missing(self) -> tuple[str, ...]:
        """Who is to send and has not, sorted."""
        return tuple(sorted(set(self.expected) - set(self.sent)))


def decide(window: Window, standing: Standing, last: Closing | None, now: datetime) -> Closing | None:
    """Return the closing that is due, None if there is none.

    Args:
        window: of the collection and period.
        standing: how they stand, read after `last`.
        last: the last closing, if there is one.
        now: the time.
    """
    if last is None:
        occasion = _occasion(window, standing, now)
        changes: tuple[Change, ...] = ()
    else:
        changes = tuple(_changes(last, standing))
        occasion = "revision" if changes else None
    if occasion is None:
        return None
    return Closing(
        feed=window.feed,
        period=window.period,
        number=last.number + 1 if last else 1,
        occasion=occasion,
        at=now.astimezone(UTC),
        due_on=window.due_on,
        closes_at=window.closes_at.astimezone(UTC),
        expected=tuple(sorted(standing.expected)),
        sent=dict(sorted(standing.sent.items())),
        missing=standing.missing,
        changes=changes,
        seen=standing.seen,
    )


def _occasion(window: Window, standing: Standing, now: datetime) -> Occasion | None:
    if now < window.opens_at or not standing.expected:
        return None
    if not standing.missing:
        return "complete"
    if now < window.closes_at:
        return None
    waited_for = set(standing.checking) & set(standing.missing)
    return None if waited_for and now < window.closes_at + PATIENCE else "deadline"


def _changes(last: Closing, standing: Standing) -> Iterator[Change]:
    before, after = set(last.expected), set(standing.expected)
    for sender in sorted(before | after):
        old, new = last.sent.get(sender), standing.sent.get(sender)
        if sender not in before:
            yield Change(sender=sender, change="newly expected", received_at=new.received_at if new else None)
        elif sender not in after:
            yield Change(sender=sender, change="no longer expected")
        elif old is None and new is not None:
            yield Change(sender=sender, change="arrived", received_at=new.received_at)
        elif old is not None and new is None:
            yield Change(sender=sender, change="withdrawn")
        elif old is not None and new is not None and old.deliveries != new.deliveries:
            yield Change(sender=sender, change="replaced", received_at=new.received_at)


def tick(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    *,
    feed: str | None = None,
    dry_run: bool = False,
) -> list[Closing]:
    """Close what is due; any number of clocks may do so at once, and any number of times.

    Args:
        store: the store.
        layout: the keys of the store.
        registry: the contracts.
        now: the clock.
        feed: this collection only.
        dry_run: whether to find out only.

    Returns:
        The closings that this call has made (with `dry_run`: would make), in the order of collections and periods.
    """
    made: list[Closing] = []
    for contract in registry.collections.values():
        if feed in (None, contract.id):
            made += _tick_one(store, layout, registry, contract, now, dry_run)
    return made


def _tick_one(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    contract: Contract,
    now: Callable[[], datetime],
    dry_run: bool,
) -> Iterator[Closing]:
    last = last_closings(store, layout, contract.id)
    seen = _seen(store, layout, contract.id)
    for window in windows(contract, now()):
        expected = registry.expected_senders(contract.id, window.period)
        closed = last.get(window.period)
        if closed and closed.seen == seen.get(window.period, _NOTHING) and closed.expected == tuple(sorted(expected)):
            continue  # by its keys alone: the records of years need not be read at every tick
        if (closing := _close(store, layout, contract, window, expected, now, dry_run)) is not None:
            yield closing


def _close(
    store: ObjectStore,
    layout: Layout,
    contract: Contract,
    window: Window,
    expected: tuple[str, ...],
    now: Callable[[], datetime],
    dry_run: bool,
) -> Closing | None:
    while True:
        earlier = closings(store, layout, contract.id, window.period)
        standing = standing_of(store, layout, contract, window, expected)
        closing = decide(window, standing, earlier[-1] if earlier else None, now())
        if closing is None or dry_run:
            return closing
        key = layout.key("closing", feed=closing.feed, period=closing.period, number=f"{closing.number:06d}")
        if store.put_if_absent(key, closing.to_bytes()):
            return closing
        # Another clock was faster, with what it saw: look again at what has happened since.


def standing_of(
    store: ObjectStore, layout: Layout, contract: Contract, window: Window, expected: tuple[str, ...]
) -> Standing:
    """Return how a collection and period stands now.

    Args:
        store: the store.
        layout: the keys of the store.
        contract: the collection's.
        window: of the period.
        expected: who is to send.
    """
    period = {"period": window.period}
    # The keys first: what comes while the records are read is then news at the next look.
    seen = _seen(store, layout, contract.id, **period).get(window.period, _NOTHING)
    sent: dict[str, Sent] = {}
    for item in in_force_of(store, layout, contract, **period):
        receipt = item.receipt
        if receipt.sender in expected:
            earlier = sent[receipt.sender].deliveries if receipt.sender in sent else ()
            sent[receipt.sender] = Sent(
                deliveries=(*earlier, receipt.delivery_id),
                received_at=receipt.received_at,
                synthetic=receipt.synthetic,
            )
    missing = set(expected) - set(sent)
    judged = {info.key for info in store.list(layout.prefix("judgement", feed=contract.id, **period))}
    checking = set()
    for key in receipt_keys(store, layout, feed=contract.id, **period):
        fields = layout.parse("receipt", key)
        if fields["sender"] not in missing or layout.key("judgement", **fields) in judged:
            continue
        if Receipt.read(store, key).received_at < window.closes_at:
            checking.add(fields["sender"])
    return Standing(expected, sent, checking, seen)


#: What is seen of a period without any record.
_NOTHING = sha256_of(canonical_json([]))


def _seen(store: ObjectStore, layout: Layout, feed: str, **period: str) -> dict[str, str]:
    """Return, by period, the hash over the keys of receipts, judgements and events; records never change."""
    keys: dict[str, list[str]] = {}
    for key in receipt_keys(store, layout, feed=feed, **period):
        keys.setdefault(layout.parse("receipt", key)["period"], []).append(key)
    for info in store.list(layout.prefix("judgement", feed=feed, **period)):
        keys.setdefault(read_key(layout, info.key)[1]["period"], []).append(info.key)
    for info in store.list(layout.prefix("ledger", feed=feed, **period)):
        keys.setdefault(layout.parse("ledger", info.key)["period"], []).append(info.key)
    return {period: sha256_of(canonical_json(list(found))) for period, found in keys.items()}


def closings(store: ObjectStore, layout: Layout, feed: str, period: str) -> list[Closing]:
    """Return the closings of a collection and period in their order; empty as long as it is open."""
    return [Closing.read(store, info.key) for info in store.list(layout.prefix("closing", feed=feed, period=period))]


def last_closings(store: ObjectStore, layout: Layout, feed: str) -> dict[str, Closing]:
    """Return the last closing of each period of a collection that has closed, in the order of periods."""
    keys = {
        layout.parse("closing", info.key)["period"]: info.key
        for info in store.list(layout.prefix("closing", feed=feed))
    }
    return {period: Closing.read(store, key) for period, key in keys.items()}
