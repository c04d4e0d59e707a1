"""The life of a delivery.

received -> checking -> refused | accepted with warnings | accepted -> superseded | withdrawn.
`versions` has the state machine; here it is read from the store, and changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from customs_monitor.collection.explanations import Explanation, explanations_of
from customs_monitor.collection.in_force import versions_of
from customs_monitor.collection.ledger import Event, WithdrawnEvent, append, events
from customs_monitor.collection.records import JudgementRecord, Place, Receipt
from customs_monitor.collection.uploads import clock
from customs_monitor.collection.verdicts import FIRST, place_of
from customs_monitor.collection.versions import Change, NoTransition, State, Version, transition
from customs_monitor.contracts import Registry
from customs_storage import ObjectStore
from customs_storage.layout import Layout, LayoutError

__all__ = [
    "Change", "DeliveryLife", "NoTransition", "NotWithdrawable", "State", "life_of", "periods_of", "transition",
    "withdraw",
]  # fmt: skip


class NotWithdrawable(ValueError):
    """The version cannot be withdrawn: there is none, it is not judged yet, was refused or replaced."""


@dataclass(frozen=True)
class DeliveryLife:
    """One version with all that happened to it.

    Attributes:
        version: place among the deliveries of the same feed, period and sender, from 1, in the order received.
        state: where it stands.
        current: whether it counts now.
        receipt: what was received.
        judgement: the verdict; None before it.
        events: of the ledger, that are about it; `events[0].user` sent it; empty for a delivery of an inbox.
        explanations: of its warnings, that were not taken back, expired ones too.
        reports: keys of the report files, by name.
        acknowledgements: keys of the signed receipts, by name.
    """

    version: int
    state: State
    current: bool
    receipt: Receipt
    judgement: JudgementRecord | None
    events: tuple[Event, ...]
    explanations: tuple[Explanation, ...]
    reports: dict[str, str]
    acknowledgements: dict[str, str]

    @property
    def place(self) -> Place:
        """Whose delivery it is."""
        return Place(self.receipt.feed, self.receipt.period, self.receipt.sender)


def life_of(store: ObjectStore, layout: Layout, registry: Registry, place: Place) -> list[DeliveryLife]:
    """Return the versions of a delivery, in the order in which they supersede: the last accepted one is the current.

    The order is that in which they were received, or last sent again.
    """
    ledger = events(store, layout, place)
    explained = explanations_of(store, layout, place)
    found = []
    for item in _versions(store, layout, registry, place):
        fields = {**place.fields, "delivery_id": item.receipt.delivery_id}
        broken = {issue.rule for issue in item.judgement.issues} if item.judgement else set()
        found.append(
            DeliveryLife(
                version=item.receipt.sequence,
                state=item.state,
                current=item.current,
                receipt=item.receipt,
                judgement=item.judgement,
                events=tuple(event for event in ledger if event.delivery_id == item.receipt.delivery_id),
                explanations=tuple(one for one in explained if one.rule in broken),
                reports=_reports(store, layout, item.judgement) if item.judgement else {},
                acknowledgements={
                    layout.parse("acknowledgement", info.key)["name"]: info.key
                    for info in store.list(layout.prefix("acknowledgement", **fields))
                },
            )
        )
    return found


def periods_of(store: ObjectStore, layout: Layout, feed: str, sender: str) -> list[str]:
    """Return the periods for which a sender has deliveries of a feed, the latest first."""
    periods = store.folders(layout.prefix("landing", feed=feed))
    return sorted(
        (period for period in periods if sender in store.folders(layout.prefix("landing", feed=feed, period=period))),
        reverse=True,
    )


def withdraw(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    place: Place,
    delivery_id: str,
    user: str,
    reason: str = "",
    now: Callable[[], datetime] = clock,
) -> WithdrawnEvent:
    """Withdraw the current version: the sender is missing until she sends another, or the same again.

    Repeated, it gives the event that is there.

    Raises:
        NotWithdrawable: see there.
    """

    def decide(_so_far: Sequence[Event]) -> Event | None:
        version = next(
            (item for item in _versions(store, layout, registry, place) if item.receipt.delivery_id == delivery_id),
            None,
        )
        if version is not None and version.state == "withdrawn":
            return None
        if version is None or not version.current:
            raise NotWithdrawable(_why_not(version))
        return WithdrawnEvent(**place.fields, at=now(), user=user, delivery_id=delivery_id, reason=reason)

    event = append(store, layout, place, decide)
    if event is None:
        event = next(
            one
            for one in reversed(events(store, layout, place))
            if isinstance(one, WithdrawnEvent) and one.delivery_id == delivery_id
        )
    assert isinstance(event, WithdrawnEvent)
    return event


def _versions(store: ObjectStore, layout: Layout, registry: Registry, place: Place) -> list[Version]:
    contract = registry.feeds[place.feed]
    found = versions_of(store, layout, contract, period=place.period, sender=place.sender)
    return found.get((place.period, place.sender), [])


def _why_not(version: Version | None) -> str:
    match version.state if version else None:
        case None:
            return "there is no such delivery"
        case "received" | "checking":
            return "the delivery is not judged yet: wait for the verdict"
        case "refused":
            return "the delivery was refused and does not count: there is nothing to withdraw"
        case _:
            return "another version has replaced the delivery, which does not count any more: withdraw that one"


def _reports(store: ObjectStore, layout: Layout, judgement: JudgementRecord) -> dict[str, str]:
    """Return the keys of the report of a judgement; below the first one's lie those of later ones."""
    template = "rejected" if judgement.revision == FIRST else "rejected_again"
    fields = place_of(judgement)
    if judgement.revision != FIRST:
        fields["revision"] = str(judgement.revision)
    found = {}
    for info in store.list(layout.prefix(template, **fields)):
        try:
            found[layout.parse(template, info.key)["name"]] = info.key
        except LayoutError:
            continue
    return found
