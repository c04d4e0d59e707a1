"""Reminders to senders whose delivery is due or late, each sent once, in the reader's language.

A reminder is claimed by creating an object, so of two that remind at once one sends. Every message that the mail
server has taken is noted before the next is sent. If the process dies in between the two, the message is sent again
once the claim has run out, with the same Message-ID; a message that the server has not taken is tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Literal, Protocol

from customs_monitor.collection.calendar import Window, windows
from customs_monitor.collection.mail import Mailer, MailFailed
from customs_monitor.collection.punctuality import Punctuality, standings
from customs_monitor.collection.records import Record
from customs_monitor.collection.reminder_text import message
from customs_monitor.contracts import Contract, Registry
from customs_monitor.validation.translation import Translators
from customs_storage import ObjectStore
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout

#: Days before the deadline from which the first two reminders are due.
_FIRST, _SECOND = 14, 3
#: Weekly reminders after the deadline; then the collection's manager is told.
OVERDUE = 3
ESCALATION = "escalation"
#: Days after the deadline from which nobody is told any more: an old gap is for a person to settle.
_SILENT = 90
#: How long a claim holds; shorter than the time between two runs, so that a failure is mended by the next.
LEASE = timedelta(minutes=50)

State = Literal["sent", "due", "no recipient", "no mail server", "failed"]


@dataclass(frozen=True)
class Recipient:
    """Who gets a message, in which language (`en`, `fr` or `de`)."""

    email: str
    language: str = "en"


class Recipients(Protocol):
    """Knows who is written to."""

    def of_sender(self, sender: str, feed: str) -> Sequence[Recipient]:
        """Return the people of a sender who deliver a collection."""

    def managers(self, feed: str) -> Sequence[Recipient]:
        """Return the managers of a collection at the Commission."""


class Reminder(Record):
    """What became of a reminder.

    Attributes:
        kind: `t-14`, `t-3`, `t-0`, `overdue-1` ... or `escalation`.
        state: `due` in a dry run.
        recipients: how many people it was for.
        detail: why it failed.
    """

    feed: str
    period: str
    sender: str
    kind: str
    state: State
    recipients: int
    detail: str = ""


class Claim(Record):
    """Somebody is about to send."""

    at: datetime


def kind_due(window: Window, now: datetime) -> str | None:
    """Return the reminder that a sender who has not delivered should get now, None if none.

    Only the latest is ever due: whoever was not reminded in time is not sent what has passed.

    Args:
        window: of the collection and period.
        now: the time.
    """
    if now < window.opens_at:
        return None
    left = (window.due_on - now.astimezone(window.closes_at.tzinfo).date()).days
    if left > _FIRST or left < -_SILENT:
        return None
    if left > 0:
        return f"t-{_FIRST}" if left > _SECOND else f"t-{_SECOND}"
    if left == 0:
        return "t-0"
    week = (-left - 1) // 7 + 1
    return f"overdue-{week}" if week <= OVERDUE else ESCALATION


def remind(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    recipients: Recipients,
    mailer: Mailer | None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    *,
    sent_from: str = "",
    portal: str | None = None,
    dry_run: bool = False,
) -> list[Reminder]:
    """Send the reminders that are due and were not sent.

    Args:
        store: the store.
        layout: the keys of the store.
        registry: the contracts.
        recipients: who is written to.
        mailer: takes the messages; without one nothing is claimed, and the reminders are due at the next call.
        now: the clock.
        sent_from: the address that messages are from.
        portal: address of the portal, for the text.
        dry_run: whether to find out only.

    Returns:
        What is due and was not sent before, with what became of it.
    """
    post = _Post(store, layout, Translators(registry), mailer, now, sent_from, portal, dry_run)
    found: list[Reminder] = []
    for contract in registry.collections.values():
        moment = now()
        for window in windows(contract, moment):
            kind = kind_due(window, moment)
            if kind is None:
                continue
            for item in standings(store, layout, registry, contract, window, moment):
                if not _is_missing(item):
                    continue
                people = (
                    recipients.managers(contract.id)
                    if kind == ESCALATION
                    else recipients.of_sender(item.sender, contract.id)
                )
                if (reminder := post.remind(contract, item, kind, people)) is not None:
                    found.append(reminder)
    return found


def _is_missing(item: Punctuality) -> bool:
    """Tell whether nothing of a sender counts or is being checked; what is made up is no delivery of hers."""
    return item.stage != "being checked" and (item.outcome in ("open", "missing") or item.synthetic)


@dataclass(frozen=True)
class _Post:
    """Sends reminders and notes what was sent."""

    store: ObjectStore
    layout: Layout
    translators: Translators
    mailer: Mailer | None
    now: Callable[[], datetime]
    sent_from: str
    portal: str | None
    dry_run: bool

    def remind(self, contract: Contract, item: Punctuality, kind: str, people: Sequence[Recipient]) -> Reminder | None:
        """Send one reminder to all it is for; None if that was done, or somebody is at it."""
        place = {"feed": item.feed, "period": item.period, "sender": item.sender, "kind": kind}
        steps = self._steps(place)
        if "sent" in steps:
            return None

        def told(state: State, detail: str = "") -> Reminder:
            return Reminder(**place, state=state, recipients=len(people), detail=detail)

        if self.dry_run:
            return told("due")
        if not people:
            return told("no recipient")
        if self.mailer is None:
            return told("no mail server")
        if not self._claim(place, steps):
            return None
        try:
            for person in people:
                address = sha256_of(person.email.strip().casefold().encode())[:16]
                if f"sent-{address}" in steps:
                    continue
                self.mailer.send(self._message(contract, item, kind, person, address))
                self._note(place, f"sent-{address}")
        except MailFailed as error:
            return told("failed", str(error))
        self._note(place, "sent")
        return told("sent")

    def _message(
        self, contract: Contract, item: Punctuality, kind: str, person: Recipient, address: str
    ) -> EmailMessage:
        domain = self.sent_from.rpartition("@")[2] or "customs-monitor.invalid"
        return message(
            self.translators.of(person.language).name(contract.id),
            item,
            kind,
            now=self.now(),
            language=person.language,
            sent_from=self.sent_from,
            to=person.email,
            message_id=f"<{item.feed}.{item.period}.{item.sender}.{kind}.{address}@{domain}>",
            portal=self.portal,
        )

    def _steps(self, place: dict[str, str]) -> set[str]:
        prefix = self.layout.prefix("reminder", **place)
        return {self.layout.parse("reminder", info.key)["step"] for info in self.store.list(prefix)}

    def _claim(self, place: dict[str, str], steps: set[str]) -> bool:
        claims = sum(step.startswith("claim-") for step in steps)
        if claims:
            last = Claim.read(self.store, self.layout.key("reminder", **place, step=f"claim-{claims}"))
            if self.now() < last.at + LEASE:
                return False
        return self._note(place, f"claim-{claims + 1}")

    def _note(self, place: dict[str, str], step: str) -> bool:
        key = self.layout.key("reminder", **place, step=step)
        return self.store.put_if_absent(key, Claim(at=self.now()).to_bytes())


def reminder_lines(reminders: Sequence[Reminder]) -> Iterator[str]:
    """Yield a line per reminder, without anybody's address."""
    for item in reminders:
        people = f"{item.recipients} recipient{'' if item.recipients == 1 else 's'}"
        detail = f": {item.detail}" if item.detail else ""
        yield f"{item.feed} {item.period} {item.sender}: {item.kind} {item.state} ({people}){detail}"
