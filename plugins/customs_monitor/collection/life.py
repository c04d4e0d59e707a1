"""The life of a delivery.

received -> checking -> refused | accepted with warnings | accepted -> superseded | withdrawn.
`transition` is the state machine; `life_of` reads a history from the store. `in_force` rests on the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from customs_monitor.collection.explanations import Explanation
from customs_monitor.collection.ledger import Event, WithdrawnEvent
from customs_monitor.collection.records import JudgementRecord, Place, Receipt
from customs_monitor.contracts import Registry
from customs_storage import ObjectStore
from customs_storage.layout import Layout

State = Literal[
    "received", "checking", "refused", "accepted_with_warnings", "accepted", "superseded", "withdrawn"
]  # fmt: skip
Change = Literal["check", "refuse", "accept_with_warnings", "accept", "supersede", "withdraw"]


class NoTransition(ValueError):
    """A delivery in this state cannot change in this way."""


class NotWithdrawable(ValueError):
    """The version cannot be withdrawn: there is none, it is not judged yet, was refused, replaced or withdrawn."""


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


def transition(state: State, change: Change) -> State:
    """Return the state after a change.

    A version that is sent again is accepted again, from superseded or withdrawn.

    Raises:
        NoTransition: if there is no such change.
    """
    raise NotImplementedError


def life_of(store: ObjectStore, layout: Layout, registry: Registry, place: Place) -> list[DeliveryLife]:
    """Return the versions of a delivery, in the order in which they supersede: the last accepted one is the current."""
    raise NotImplementedError


def periods_of(store: ObjectStore, layout: Layout, feed: str, sender: str) -> list[str]:
    """Return the periods for which a sender has deliveries of a feed, the latest first."""
    raise NotImplementedError


def withdraw(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    place: Place,
    delivery_id: str,
    user: str,
    reason: str = "",
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> WithdrawnEvent:
    """Withdraw the current version: the sender is missing until she sends another, or the same again.

    Repeated, it gives the event that is there.

    Raises:
        NotWithdrawable: see there.
    """
    raise NotImplementedError
