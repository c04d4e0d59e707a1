"""A withdrawn delivery: a new release without it, which says so, and the older one as it was."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from customs_monitor.collection.ledger import ResentEvent, append
from customs_monitor.collection.life import withdraw
from customs_monitor.collection.records import Place
from customs_monitor.release import release_now
from customs_monitor.release.diff import diff
from customs_monitor.release.exclusions import Exclusions
from customs_monitor.release.history import manifest_in_force, manifest_of
from customs_monitor.release.verifying import verify
from support.releases import ANSWERS

PLACE = Place("survey_results", "2018-2020", "TAXUD")
BETTER = {**ANSWERS, "4": 12, "NO_REPLY": 0}


def at(day: int) -> datetime:
    return datetime(2026, 10, day, 12, tzinfo=UTC)


@pytest.fixture
def release(store, layout, registry, fake_build, scratch):
    """Make a release, if there is anything new."""

    def made() -> str | None:
        folder = scratch()
        done = release_now(store, layout, registry, folder.name, folder)
        return done.release_id if done else None

    return made


@pytest.fixture
def versions(deliveries):
    """Two versions, and a delivery of another cycle that stays."""
    deliveries.survey(cycle="2015-2017", arrived=at(1))
    return deliveries.survey(arrived=at(1)), deliveries.survey(BETTER, sequence=2, arrived=at(2))


def counted(manifest) -> list[tuple[str, str]]:
    return [(item.period, item.delivery_id) for item in manifest.deliveries]


def left_out(store, layout, registry, release_id: str) -> list[tuple[str, str, str]]:
    exclusions = Exclusions(store, layout, registry, manifest_of(store, release_id))
    found = exclusions.of(["survey_results"], "2018-2020", "EU27_2020")
    return [(item.kind, item.delivery_id, item.reason) for item in found if item.delivery_id]


def test_a_withdrawal_makes_a_release_without_the_delivery(store, layout, registry, versions, release):
    first, second = versions
    before = release()
    assert release() is None, "nothing has changed"

    withdraw(store, layout, registry, PLACE, second.delivery_id, "anna", "wrong cycle", lambda: at(5))
    after = release()

    assert after is not None
    assert [period for period, _ in counted(manifest_in_force(store))] == ["2015-2017"]
    assert left_out(store, layout, registry, after) == [
        ("superseded delivery", first.delivery_id, f"replaced by {second.delivery_id}, which was withdrawn"),
        ("withdrawn delivery", second.delivery_id, "withdrawn by its sender on 2026-10-05 12:00 UTC: wrong cycle"),
    ]
    # The older release counted it, and still does.
    assert ("2018-2020", second.delivery_id) in counted(manifest_of(store, before))
    assert left_out(store, layout, registry, before) == [
        ("superseded delivery", first.delivery_id, f"replaced by {second.delivery_id}"),
    ]
    assert verify(store, layout, before).problems == ()


def test_the_difference_names_the_withdrawal(store, layout, registry, versions, release):
    _, second = versions
    before = release()
    withdraw(store, layout, registry, PLACE, second.delivery_id, "anna", now=lambda: at(5))
    told = diff(store, layout, before, release())
    assert [(item.kind, item.delivery.delivery_id) for item in told.deliveries] == [("withdrawn", second.delivery_id)]


def test_an_earlier_version_sent_again_counts_again(store, layout, registry, versions, release):
    first, second = versions
    before = release()
    again = ResentEvent(
        **PLACE.fields, at=at(5), user="anna", delivery_id=first.delivery_id, upload_id="0" * 32, after_sequence=2
    )
    append(store, layout, PLACE, lambda _so_far: again)
    after = release()

    assert ("2018-2020", first.delivery_id) in counted(manifest_in_force(store))
    assert left_out(store, layout, registry, after) == [
        ("superseded delivery", second.delivery_id, f"replaced by {first.delivery_id}")
    ]
    told = diff(store, layout, before, after)
    assert [(item.kind, item.delivery.delivery_id, item.replaces) for item in told.deliveries] == [
        ("revision", first.delivery_id, (second.delivery_id,))
    ]


def test_made_up_data_do_not_come_back(store, layout, registry, deliveries, release):
    deliveries.survey(arrived=at(1), synthetic=True)
    real = deliveries.survey(BETTER, sequence=2, arrived=at(2))
    deliveries.survey(cycle="2015-2017", arrived=at(1))
    withdraw(store, layout, registry, PLACE, real.delivery_id, "anna", now=lambda: at(3))
    release()
    assert [period for period, _ in counted(manifest_in_force(store))] == ["2015-2017"]
