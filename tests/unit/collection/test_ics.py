from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar, Event

from customs_monitor.collection.calendar import window
from customs_monitor.collection.ics import calendar_file
from customs_monitor.contracts import Registry

REGISTRY = Registry.load()
NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)


def events(data: bytes) -> dict[str, Event]:
    calendar = Calendar.from_ical(data)
    return {str(item["UID"]): item for item in calendar.walk("VEVENT")}  # type: ignore[misc]


def test_every_deadline_of_the_year_is_an_event_on_its_day() -> None:
    found = events(calendar_file(REGISTRY, "MT", NOW))

    assert set(found) == {
        *(
            f"{feed}.{period}.MT@customs-monitor"
            for feed in REGISTRY.collections
            for period in ("2026-Q3", "2026-Q4", "2027-Q1", "2027-Q2", "2027-Q3")
            if feed != "ms_questionnaire"
        ),
        "ms_questionnaire.2024-2026.MT@customs-monitor",
    }
    for uid, event in found.items():
        feed, period, _ = uid.split(".")
        asked = window(REGISTRY.feeds[feed], period)
        assert asked is not None
        assert event["DTSTART"].dt == asked.due_on
        assert event["DTEND"].dt == asked.due_on + timedelta(days=1)
        assert [alarm["TRIGGER"].dt for alarm in event.walk("VALARM")] == [timedelta(days=-14), timedelta(days=-3)]


def test_a_past_deadline_stays_for_a_while() -> None:
    uid = "crc_statistics.2026-Q3.MT@customs-monitor"
    assert uid in events(calendar_file(REGISTRY, "MT", datetime(2027, 1, 15, tzinfo=UTC)))
    assert uid not in events(calendar_file(REGISTRY, "MT", datetime(2027, 1, 17, tzinfo=UTC)))


def test_a_moved_deadline_is_the_same_event_with_a_higher_sequence() -> None:
    contract = REGISTRY.feeds["crc_statistics"]
    before = events(calendar_file(REGISTRY, "MT", NOW))
    moved = contract.model_copy(update={"deadline": 60, "version": "1.1.0"})
    after = events(calendar_file(replace(REGISTRY, feeds={**REGISTRY.feeds, contract.id: moved}), "MT", NOW))

    assert set(before) == set(after)
    uid = "crc_statistics.2026-Q4.MT@customs-monitor"
    assert (before[uid]["DTSTART"].dt, after[uid]["DTSTART"].dt) == (date(2027, 2, 15), date(2027, 3, 1))
    assert after[uid]["SEQUENCE"] > before[uid]["SEQUENCE"]
    other = "control_statistics.2026-Q4.MT@customs-monitor"
    assert after[other]["SEQUENCE"] == before[other]["SEQUENCE"]


def test_a_sender_sees_only_what_is_asked_of_her() -> None:
    assert events(calendar_file(REGISTRY, "XX", NOW)) == {}
    only = events(calendar_file(REGISTRY, "MT", NOW, feeds=frozenset({"crc_statistics"})))
    assert {uid.split(".")[0] for uid in only} == {"crc_statistics"}
    assert "MT" not in calendar_file(REGISTRY, "EL", NOW).decode()


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Due: Quarterly statistics on common risk criteria, 2026-Q3"),
        ("fr", "Échéance : Statistiques trimestrielles sur les critères de risque communs, 2026-Q3"),
        ("de", "Fällig: Vierteljährliche Statistik der gemeinsamen Risikokriterien, 2026-Q3"),
        ("el", "Due: Quarterly statistics on common risk criteria, 2026-Q3"),
    ],
)
def test_texts_are_in_the_reader_s_language(language: str, told: str) -> None:
    event = events(calendar_file(REGISTRY, "MT", NOW, language=language))["crc_statistics.2026-Q3.MT@customs-monitor"]
    assert event["SUMMARY"] == told


def test_the_same_question_gives_the_same_bytes() -> None:
    assert calendar_file(REGISTRY, "MT", NOW) == calendar_file(REGISTRY, "MT", NOW)
