"""Who has sent what and when, against the calendar: the stage of every delivery, and punctuality over the periods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Literal

from customs_monitor.collection.calendar import Window, windows
from customs_monitor.collection.in_force import in_force_of
from customs_monitor.collection.landing import receipts
from customs_monitor.collection.records import JudgementRecord, Receipt, Record
from customs_monitor.collection.verdicts import judgements
from customs_monitor.contracts import Contract, Registry
from customs_storage import ObjectStore
from customs_storage.layout import Layout

Stage = Literal["nothing sent", "being checked", "refused", "accepted", "accepted with warnings", "not in force"]
Outcome = Literal["on time", "late", "missing", "open"]
_STAGES: dict[str, Stage] = {
    "accepted": "accepted",
    "accepted_with_warnings": "accepted with warnings",
    "refused": "refused",
}


class Punctuality(Record):
    """How one expected sender stands in one period of a collection.

    Attributes:
        stage: of the last delivery; `not in force` where it was accepted and no delivery counts any more.
        outcome: `open` as long as nothing counts and the deadline has not passed.
        days_late: calendar days in the collection's time zone from the deadline to the first accepted delivery; where
            nothing counts, to now; 0 in time.
        accepted_at: when the first accepted delivery was received.
        accepted, refused: how many deliveries were.
        delivery_id: of the last delivery.
        has_report: whether its verdict found anything to report.
        synthetic: whether the last delivery is made up.
    """

    feed: str
    period: str
    sender: str
    due_on: date
    stage: Stage
    outcome: Outcome
    days_late: int
    accepted_at: datetime | None
    accepted: int
    refused: int
    delivery_id: str | None
    has_report: bool
    synthetic: bool

    @property
    def revisions(self) -> int:
        """How often an accepted delivery was replaced by another."""
        return max(0, self.accepted - 1)


class SenderPunctuality(Record):
    """A sender's punctuality in one collection, over the periods whose deadline has passed or that it has sent for.

    Attributes:
        periods: how many these are.
        mean_days_late: over the late ones, None where there are none.
    """

    feed: str
    sender: str
    periods: int
    on_time: int
    late: int
    missing: int
    mean_days_late: float | None
    most_days_late: int
    refused: int
    revisions: int


def punctuality(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    *,
    feed: str | None = None,
    sender: str | None = None,
    last: int | None = None,
) -> list[Punctuality]:
    """Return how every expected sender stands, in the order of collections, periods and senders.

    Args:
        store: the store.
        layout: the keys of the store.
        registry: the contracts.
        now: the clock.
        feed: this collection only.
        sender: this sender only; the deliveries of others are not read.
        last: the last so many periods of each collection only.
    """
    moment = now()
    found: list[Punctuality] = []
    for contract in registry.collections.values():
        if feed not in (None, contract.id):
            continue
        opened = windows(contract, moment)
        for window in opened[-last:] if last else opened:
            found += standings(store, layout, registry, contract, window, moment, sender=sender)
    return found


def standings(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    contract: Contract,
    window: Window,
    now: datetime,
    *,
    sender: str | None = None,
) -> Iterator[Punctuality]:
    """Yield how the expected senders of one period stand, sorted.

    Args:
        store: the store.
        layout: the keys of the store.
        registry: the contracts.
        contract: the collection's.
        window: of the period.
        now: the time.
        sender: this one only.
    """
    expected = registry.expected_senders(contract.id, window.period)
    senders = sorted(expected) if sender is None else [code for code in expected if code == sender]
    place = {"period": window.period} | ({"sender": sender} if sender is not None else {})
    deliveries: dict[str, list[Receipt]] = {}
    for receipt in receipts(store, layout, feed=contract.id, **place):
        deliveries.setdefault(receipt.sender, []).append(receipt)
    verdicts = {(item.sender, item.delivery_id): item for item in judgements(store, layout, contract.id, **place)}
    # Whether a made-up delivery counts depends on the other senders: of one period all are read.
    counting = {item.receipt.sender for item in in_force_of(store, layout, contract, period=window.period)}
    for sender in senders:
        sent = sorted(deliveries.get(sender, ()), key=lambda item: (item.sequence, item.received_at))
        yield _of_sender(window, sender, sent, verdicts, counts=sender in counting, now=now)


def _of_sender(
    window: Window,
    sender: str,
    sent: list[Receipt],
    verdicts: dict[tuple[str, str], JudgementRecord],
    *,
    counts: bool,
    now: datetime,
) -> Punctuality:
    judged = [(item, verdicts.get((sender, item.delivery_id))) for item in sent]
    accepted = [item for item, verdict in judged if verdict is not None and verdict.verdict != "refused"]
    refused = sum(verdict is not None and verdict.verdict == "refused" for _, verdict in judged)
    stage: Stage = "nothing sent"
    last = judged[-1][1] if judged else None
    if judged:
        stage = "being checked" if last is None else _STAGES[last.verdict]
        if stage.startswith("accepted") and not counts:
            stage = "not in force"
    first = min((item.received_at for item in accepted), default=None)
    late = window.days_late(first if first is not None and counts else now)
    if counts:
        outcome: Outcome = "late" if late else "on time"
    else:
        outcome = "missing" if late else "open"
    return Punctuality(
        feed=window.feed,
        period=window.period,
        sender=sender,
        due_on=window.due_on,
        stage=stage,
        outcome=outcome,
        days_late=late,
        accepted_at=first,
        accepted=len(accepted),
        refused=refused,
        delivery_id=sent[-1].delivery_id if sent else None,
        has_report=last is not None and bool(last.issues),
        synthetic=bool(sent) and sent[-1].synthetic,
    )


def by_sender(items: Iterable[Punctuality]) -> list[SenderPunctuality]:
    """Add up how senders stand, per collection and sender; open periods do not count."""
    found = []
    due = sorted((item for item in items if item.outcome != "open"), key=lambda item: (item.feed, item.sender))
    for (feed, sender), group in groupby(due, key=lambda item: (item.feed, item.sender)):
        periods = list(group)
        late = [item.days_late for item in periods if item.outcome == "late"]
        found.append(
            SenderPunctuality(
                feed=feed,
                sender=sender,
                periods=len(periods),
                on_time=sum(item.outcome == "on time" for item in periods),
                late=len(late),
                missing=sum(item.outcome == "missing" for item in periods),
                mean_days_late=round(sum(late) / len(late), 1) if late else None,
                most_days_late=max(late, default=0),
                refused=sum(item.refused for item in periods),
                revisions=sum(item.revisions for item in periods),
            )
        )
    return found
