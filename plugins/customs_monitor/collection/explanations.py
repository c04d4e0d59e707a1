"""Explanations of warnings: given once, kept in the ledger, shown beside the figures until they expire."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime

from customs_monitor.collection.in_force import current_of
from customs_monitor.collection.ledger import (
    Event,
    ExplainedEvent,
    ExplanationWithdrawnEvent,
    append,
    events,
    events_of_feed,
)
from customs_monitor.collection.records import Place, Record
from customs_monitor.collection.uploads import clock
from customs_monitor.collection.verdicts import last_judgement
from customs_monitor.contracts import Registry
from customs_storage import InvalidKey, ObjectStore
from customs_storage.layout import Layout

#: Characters of an explanation.
LONGEST = 2000
_INNOCENT = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]*")


class CannotExplain(ValueError):
    """There is no such warning of the delivery, or the text or the day will not do."""


class Explanation(Record):
    """Why the warnings of a rule are right as they are.

    Attributes:
        number: of its event in the ledger.
        delivery_id: the version it was given for; it holds for later versions of the period too.
        rule: id of the rule.
        expires_on: the last day on which it is shown.
    """

    feed: str
    period: str
    sender: str
    number: int
    delivery_id: str
    rule: str
    text: str
    expires_on: date
    user: str
    at: datetime


def explain(
    store: ObjectStore,
    layout: Layout,
    place: Place,
    delivery_id: str,
    rule: str,
    text: str,
    expires_on: date,
    user: str,
    now: Callable[[], datetime] = clock,
    questions: Collection[str] = (),
) -> Explanation:
    """Explain the warnings of a rule of a judged delivery; the same text, rule and day again is no second one.

    Args:
        store: the store.
        layout: the keys of the store.
        place: whose delivery.
        delivery_id: the version it is given for.
        rule: the rule whose warnings it explains, or the content check whose questions.
        text: plain text, shown to everybody who reads the figures.
        expires_on: the last day on which it is shown.
        user: who explains.
        now: the clock.
        questions: ids of the content checks that ask about the delivery (`collection.content.questions_about`).

    Raises:
        CannotExplain: see there.
    """
    text, moment = text.strip(), now()
    if not 0 < len(text) <= LONGEST:
        raise CannotExplain(f"write an explanation of 1 to {LONGEST} characters")
    if not _INNOCENT.fullmatch(text):
        raise CannotExplain("the explanation has control characters: write it as plain text")
    if expires_on < moment.date():
        raise CannotExplain(f"the explanation would have expired on {expires_on}: choose today or a later day")
    try:
        judgement = last_judgement(store, layout, **place.fields, delivery_id=delivery_id)
    except InvalidKey:
        judgement = None
    if judgement is None:
        raise CannotExplain("there is no such delivery with a verdict")
    if rule not in {issue.rule for issue in judgement.issues if issue.severity != "error"} | set(questions):
        raise CannotExplain(f"the delivery has no warning of the rule {rule}: errors are mended, not explained")
    event = ExplainedEvent(
        **place.fields,
        at=moment,
        user=user,
        delivery_id=delivery_id,
        rule=rule,
        text=text,
        expires_on=expires_on,
    )

    def same(so_far: Sequence[Event]) -> ExplainedEvent | None:
        wanted = (rule, text, expires_on)
        return next((one for one in _standing(so_far) if (one.rule, one.text, one.expires_on) == wanted), None)

    def decide(so_far: Sequence[Event]) -> Event | None:
        return None if same(so_far) is not None else event

    appended = append(store, layout, place, decide) or same(events(store, layout, place))
    assert isinstance(appended, ExplainedEvent)
    return _explanation(appended)


def withdraw_explanation(
    store: ObjectStore,
    layout: Layout,
    place: Place,
    number: int,
    user: str,
    now: Callable[[], datetime] = clock,
) -> None:
    """Take an explanation back; without effect if that was done.

    Raises:
        CannotExplain: if there is no explanation of this number.
    """

    def decide(so_far: Sequence[Event]) -> Event | None:
        explained = next((one for one in so_far if isinstance(one, ExplainedEvent) and one.number == number), None)
        if explained is None:
            raise CannotExplain("there is no such explanation")
        if explained not in _standing(so_far):
            return None
        return ExplanationWithdrawnEvent(
            **place.fields, at=now(), user=user, delivery_id=explained.delivery_id, explanation=number
        )

    append(store, layout, place, decide)


def explanations_of(store: ObjectStore, layout: Layout, place: Place) -> list[Explanation]:
    """Return the explanations that were not taken back, in their order, expired ones too."""
    return [_explanation(event) for event in _standing(events(store, layout, place))]


def valid_explanations(store: ObjectStore, layout: Layout, registry: Registry, day: date) -> list[Explanation]:
    """Return the explanations that are to be shown on a day, in the order feed, period, sender, number.

    That is: not taken back, not expired, and the sender has a delivery that counts and still breaks the rule. What a
    content check has asked about stays until it expires, as what else has arrived does not take an answer back.
    """
    found = []
    for feed in sorted(set(store.folders(layout.prefix("ledger"))) & set(registry.feeds)):
        asking = {check.id for check in registry.feeds[feed].schema_.contentChecks}
        for (period, sender), ledger in sorted(events_of_feed(store, layout, feed).items()):
            standing = [event for event in _standing(ledger) if event.expires_on >= day]
            current = current_of(store, layout, registry.feeds[feed], period, sender) if standing else None
            broken = asking | {issue.rule for issue in current.judgement.issues} if current else set()
            found += [_explanation(event) for event in standing if event.rule in broken]
    return found


def _standing(so_far: Sequence[Event]) -> list[ExplainedEvent]:
    back = {event.explanation for event in so_far if isinstance(event, ExplanationWithdrawnEvent)}
    return [event for event in so_far if isinstance(event, ExplainedEvent) and event.number not in back]


def _explanation(event: ExplainedEvent) -> Explanation:
    return Explanation.model_validate(event.model_dump(exclude={"kind"}))
