"""The ledger: what people did with the deliveries of a sender for a period, in one numbered order.

An event is an object that is created once under the next number. Of two that append at once one gets the number; the
other reads again and decides anew. So a decision always rests on all events before it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from customs_monitor.collection.records import Place, Record
from customs_storage import ObjectStore
from customs_storage.layout import Layout


class _Event(Record):
    """What all events have.

    Attributes:
        number: place in the ledger of its feed, period and sender, from 1; 0 before it is appended.
        user: who did it.
        delivery_id: the delivery it is about.
    """

    feed: str
    period: str
    sender: str
    number: int = 0
    at: datetime
    user: str
    delivery_id: str


class SentEvent(_Event):
    """A new version was sent."""

    kind: Literal["sent"] = "sent"
    upload_id: str


class ResentEvent(_Event):
    """The bytes of an earlier version were sent again: it is the current one from here on.

    Attributes:
        after_sequence: the highest sequence number that a receipt had by then; deliveries received later supersede it.
    """

    kind: Literal["resent"] = "resent"
    upload_id: str
    after_sequence: int


class WithdrawnEvent(_Event):
    """A version was withdrawn: it does not count, and no earlier one takes its place."""

    kind: Literal["withdrawn"] = "withdrawn"
    reason: str = ""


class ExplainedEvent(_Event):
    """Warnings of a rule were explained.

    Attributes:
        rule: id of the rule.
        expires_on: the last day on which the explanation is shown.
    """

    kind: Literal["explained"] = "explained"
    rule: str
    text: str
    expires_on: date


class ExplanationWithdrawnEvent(_Event):
    """An explanation was taken back; `explanation` is the number of its event."""

    kind: Literal["explanation_withdrawn"] = "explanation_withdrawn"
    explanation: int


Event = Annotated[
    SentEvent | ResentEvent | WithdrawnEvent | ExplainedEvent | ExplanationWithdrawnEvent, Field(discriminator="kind")
]


_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


def events(store: ObjectStore, layout: Layout, place: Place) -> list[Event]:
    """Return the events of a feed, period and sender, in their order."""
    return [_read(store, info.key) for info in store.list(layout.prefix("ledger", **place.fields))]


def events_of_feed(store: ObjectStore, layout: Layout, feed: str, **period: str) -> dict[tuple[str, str], list[Event]]:
    """Return the events of a feed (of one `period` of it) by period and sender, in their order."""
    found: dict[tuple[str, str], list[Event]] = {}
    for info in store.list(layout.prefix("ledger", feed=feed, **period)):
        event = _read(store, info.key)
        found.setdefault((event.period, event.sender), []).append(event)
    return found


def append(
    store: ObjectStore,
    layout: Layout,
    place: Place,
    decide: Callable[[Sequence[Event]], Event | None],
) -> Event | None:
    """Append an event.

    Args:
        store: the store.
        layout: the keys of the store.
        place: whose ledger.
        decide: is given the events so far and returns the next one (its number is set here), or None if there is
            nothing to append. Called again whenever somebody else was faster.

    Returns:
        The event as it is in the ledger, None if none was appended.
    """
    while True:
        so_far = events(store, layout, place)
        decided = decide(so_far)
        if decided is None:
            return None
        number = len(so_far) + 1
        event = decided.model_copy(update={"number": number})
        if store.put_if_absent(layout.key("ledger", **place.fields, number=f"{number:06}"), event.to_bytes()):
            return event


def _read(store: ObjectStore, key: str) -> Event:
    return _EVENT.validate_json(store.get(key))
