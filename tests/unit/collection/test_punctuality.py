from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from customs_monitor.collection.punctuality import Punctuality, by_sender, punctuality
from customs_monitor.contracts import Registry
from customs_monitor.contracts.model import Senders
from customs_storage import ObjectStore, open_store
from support.deliveries import LAYOUT, delivered, received

FEED, Q2, Q3 = "crc_statistics", "2026-Q2", "2026-Q3"
FULL = Registry.load()
REGISTRY = replace(
    FULL, feeds={FEED: FULL.feeds[FEED].model_copy(update={"senders": Senders(codes=("AT", "BE", "MT", "SE"))})}
)
#: Before and after the deadline of 2026-Q2, the end of 14 August in Brussels.
IN_TIME = datetime(2026, 8, 14, 21, 59, 59, tzinfo=UTC)
LATE = datetime(2026, 8, 16, 10, tzinfo=UTC)
NOW = datetime(2026, 8, 20, 10, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store((tmp_path / "store").as_uri())


def stands(store: ObjectStore, now: datetime = NOW, sender: str | None = None) -> dict[tuple[str, str], Punctuality]:
    found = punctuality(store, LAYOUT, REGISTRY, lambda: now, sender=sender)
    return {(item.period, item.sender): item for item in found}


def test_senders_are_on_time_late_or_missing(store: ObjectStore) -> None:
    delivered(store, FEED, Q2, "AT", IN_TIME)
    delivered(store, FEED, Q2, "BE", LATE, verdict="accepted_with_warnings")
    delivered(store, FEED, Q2, "MT", IN_TIME, verdict="refused")

    told = {sender: (item.outcome, item.days_late, item.stage) for (_, sender), item in stands(store).items()}

    assert told == {
        "AT": ("on time", 0, "accepted"),
        "BE": ("late", 2, "accepted with warnings"),
        "MT": ("missing", 6, "refused"),
        "SE": ("missing", 6, "nothing sent"),
    }


def test_before_the_deadline_nobody_is_late(store: ObjectStore) -> None:
    delivered(store, FEED, Q2, "AT", IN_TIME - timedelta(days=1))
    received(store, FEED, Q2, "BE", IN_TIME - timedelta(days=1))

    told = {sender: (item.outcome, item.stage) for (_, sender), item in stands(store, IN_TIME).items()}

    assert told["AT"] == ("on time", "accepted")
    assert told["BE"] == ("open", "being checked")
    assert told["SE"] == ("open", "nothing sent")


def test_who_was_on_time_stays_so_when_a_new_version_comes_late(store: ObjectStore) -> None:
    delivered(store, FEED, Q2, "AT", IN_TIME)
    delivered(store, FEED, Q2, "AT", LATE, 2, verdict="refused")
    delivered(store, FEED, Q2, "AT", LATE, 3)

    item = stands(store)[Q2, "AT"]

    assert (item.outcome, item.revisions, item.refused) == ("on time", 1, 1)


def test_a_delivery_that_no_longer_counts_leaves_its_sender_missing(store: ObjectStore) -> None:
    delivered(store, FEED, Q2, "AT", IN_TIME, synthetic=True)
    delivered(store, FEED, Q2, "BE", IN_TIME)

    for item in (stands(store)[Q2, "AT"], stands(store, sender="AT")[Q2, "AT"]):
        assert (item.outcome, item.stage, item.synthetic) == ("missing", "not in force", True)
    assert set(stands(store, sender="AT")) == {(Q2, "AT")}
    assert stands(store, sender="XX") == {}


def test_open_periods_do_not_count_in_the_sums(store: ObjectStore) -> None:
    delivered(store, FEED, Q2, "BE", LATE)
    delivered(store, FEED, Q3, "AT", datetime(2026, 10, 5, tzinfo=UTC))
    now = datetime(2026, 10, 6, tzinfo=UTC)

    found = {
        item.sender: (item.periods, item.on_time, item.late, item.missing, item.mean_days_late)
        for item in by_sender(punctuality(store, LAYOUT, REGISTRY, lambda: now))
    }

    assert found == {
        "AT": (2, 1, 0, 1, None),
        "BE": (1, 0, 1, 0, 2.0),
        "MT": (1, 0, 0, 1, None),
        "SE": (1, 0, 0, 1, None),
    }
