"""The deadlines of a sender as a calendar file (iCalendar, RFC 5545)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from icalendar import Alarm, Calendar, Event

from customs_monitor.collection.calendar import Window, windows
from customs_monitor.contracts import Contract, Registry
from customs_monitor.validation.translation import Translators

#: How long a deadline that has passed stays in the calendar, and how far it looks ahead.
_PAST, _AHEAD = timedelta(days=60), timedelta(days=400)
_ALARMS = (timedelta(days=-14), timedelta(days=-3))
_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "calendar": "Deadlines of the customs collections, {sender}",
        "due": "Due: {collection}, {period}",
        "about": "The delivery of {sender} is due by the end of this day (Brussels time). "
        "If there is nothing to report, send a nil return.",
    },
    "fr": {
        "calendar": "Échéances des collectes douanières, {sender}",
        "due": "Échéance : {collection}, {period}",
        "about": "La transmission de {sender} est attendue au plus tard à la fin de ce jour (heure de Bruxelles). "
        "S'il n'y a rien à déclarer, envoyez une déclaration « néant ».",
    },
    "de": {
        "calendar": "Fristen der Zollerhebungen, {sender}",
        "due": "Fällig: {collection}, {period}",
        "about": "Die Lieferung von {sender} ist bis zum Ende dieses Tages fällig (Brüsseler Zeit). "
        "Gibt es nichts zu melden, senden Sie eine Leermeldung.",
    },
}


def calendar_file(
    registry: Registry,
    sender: str,
    now: datetime,
    *,
    feeds: frozenset[str] | None = None,
    language: str = "en",
    url: str | None = None,
) -> bytes:
    """Return the deadlines of a sender, those of the last weeks and of the year to come.

    A program that subscribes knows an event again by its UID; a later version of the contract has a higher SEQUENCE,
    and with it a deadline that was moved replaces the old one.

    Args:
        registry: the contracts.
        sender: who is to deliver.
        now: the time.
        feeds: these collections only; all by default.
        language: of the texts: `en`, `fr` or `de`; English for any other.
        url: address of the portal.
    """
    texts = _TEXTS.get(language, _TEXTS["en"])
    calendar = Calendar()
    calendar.add("prodid", "-//Customs Monitor//collections//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", texts["calendar"].format(sender=sender))
    calendar.add("refresh-interval", timedelta(days=1), parameters={"value": "DURATION"})
    translator = Translators(registry).of(language)
    for contract, window in _due(registry, sender, now, feeds):
        name = translator.name(contract.id)
        calendar.add_component(_event(contract, name, window, sender, now, texts, url))
    return bytes(calendar.to_ical())


def _due(
    registry: Registry, sender: str, now: datetime, feeds: frozenset[str] | None
) -> Iterator[tuple[Contract, Window]]:
    for contract in registry.collections.values():
        if feeds is not None and contract.id not in feeds:
            continue
        for window in windows(contract, now, ahead=_AHEAD):
            expected = registry.expected_senders(contract.id, window.period)
            if window.closes_at > now - _PAST and sender in expected:
                yield contract, window


def _event(
    contract: Contract, name: str, window: Window, sender: str, now: datetime, texts: Mapping[str, str], url: str | None
) -> Event:
    fields = {"collection": name, "period": window.period, "sender": sender}
    event = Event()
    event.add("uid", f"{window.feed}.{window.period}.{sender}@customs-monitor")
    event.add("sequence", _sequence(contract.version))
    event.add("dtstamp", now)
    event.add("dtstart", window.due_on)
    event.add("dtend", window.due_on + timedelta(days=1))
    event.add("summary", texts["due"].format(**fields))
    event.add("description", texts["about"].format(**fields))
    event.add("categories", [window.feed])
    event.add("status", "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    if url is not None:
        event.add("url", url)
    for before in _ALARMS:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", texts["due"].format(**fields))
        alarm.add("trigger", before)
        event.add_component(alarm)
    return event


def _sequence(version: str) -> int:
    """Return a number that is higher for a later version of a contract."""
    major, minor, patch = (min(int(part), 999) for part in re.findall(r"\d+", version)[:3])
    return (major * 1000 + minor) * 1000 + patch
