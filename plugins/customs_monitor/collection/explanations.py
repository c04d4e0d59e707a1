"""Explanations of warnings: given once, kept in the ledger, shown beside the figures until they expire."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from customs_monitor.collection.records import Place, Record
from customs_monitor.contracts import Registry
from customs_storage import ObjectStore
from customs_storage.layout import Layout

#: Characters of an explanation.
LONGEST = 2000


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
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Explanation:
    """Explain the warnings of a rule of a judged delivery; the same text, rule and day again is no second one.

    Raises:
        CannotExplain: see there.
    """
    raise NotImplementedError


def withdraw_explanation(
    store: ObjectStore,
    layout: Layout,
    place: Place,
    number: int,
    user: str,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Take an explanation back; without effect if that was done.

    Raises:
        CannotExplain: if there is no explanation of this number.
    """
    raise NotImplementedError


def explanations_of(store: ObjectStore, layout: Layout, place: Place) -> list[Explanation]:
    """Return the explanations that were not taken back, in their order, expired ones too."""
    raise NotImplementedError


def valid_explanations(store: ObjectStore, layout: Layout, registry: Registry, day: date) -> list[Explanation]:
    """Return the explanations that are to be shown on a day, in the order feed, period, sender, number.

    That is: not taken back, not expired, and the sender has a delivery in force that still breaks the rule.
    """
    raise NotImplementedError
