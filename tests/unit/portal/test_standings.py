"""How a sender stands in a period, as the portal shows it: the same lateness as in the statistics of punctuality."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from customs_monitor.collection.calendar import window
from customs_monitor.collection.in_force import versions_of
from customs_monitor.collection.punctuality import standings
from customs_monitor.contracts import Registry
from customs_monitor.portal.standings import PeriodStanding, standing
from customs_storage import ObjectStore, open_store
from support.deliveries import LAYOUT, delivered

FEED, PERIOD, SENDER = "crc_statistics", "2026-Q2", "MT"
CONTRACT = Registry.load().feeds[FEED]
WINDOW = window(CONTRACT, PERIOD)
IN_TIME, LATE = datetime(2026, 7, 20, tzinfo=UTC), datetime(2026, 8, 20, 12, tzinfo=UTC)


def _standing(store: ObjectStore) -> PeriodStanding:
    versions = versions_of(store, LAYOUT, CONTRACT).get((PERIOD, SENDER), ())
    found = standing(PERIOD, WINDOW, versions, LATE)
    assert WINDOW is not None
    (counted,) = standings(store, LAYOUT, Registry.load(), CONTRACT, WINDOW, LATE, sender=SENDER)
    if found.state.startswith("accepted"):
        assert found.days_late == counted.days_late
    return found


def test_what_comes_after_the_deadline_is_late(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri())
    delivered(store, FEED, PERIOD, SENDER, LATE)
    assert _standing(store).days_late == 6


def test_a_revision_of_what_came_in_time_is_not_late(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri())
    delivered(store, FEED, PERIOD, SENDER, IN_TIME)
    delivered(store, FEED, PERIOD, SENDER, LATE, 2)
    shown = _standing(store)
    assert (shown.versions, shown.state, shown.days_late) == (2, "accepted", 0)
    assert shown.received_at == LATE


def test_what_was_refused_in_time_does_not_make_its_repair_timely(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri())
    delivered(store, FEED, PERIOD, SENDER, IN_TIME, verdict="refused")
    delivered(store, FEED, PERIOD, SENDER, LATE, 2)
    assert _standing(store).days_late == 6


def test_nothing_sent_is_late_after_the_deadline(tmp_path: Path) -> None:
    shown = _standing(open_store(tmp_path.as_uri()))
    assert (shown.state, shown.versions, shown.days_left) == ("late", 0, -6)
