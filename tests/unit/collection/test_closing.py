from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customs_monitor.collection.calendar import window
from customs_monitor.collection.closing import Closing, closings, last_closings, standing_of, tick
from customs_monitor.collection.closing_text import closing_lines, sentence
from customs_monitor.collection.ledger import ResentEvent, WithdrawnEvent, append
from customs_monitor.collection.records import Place
from customs_monitor.contracts import Registry
from customs_monitor.contracts.model import Senders
from customs_storage import ObjectStore, open_store
from support.deliveries import LAYOUT, delivered, judged, judged_again, received

FEED, PERIOD = "crc_statistics", "2026-Q2"
SENDERS = ("AT", "BE", "MT")
OPEN = datetime(2026, 7, 20, 12, tzinfo=UTC)
DEADLINE = datetime(2026, 8, 14, 22, tzinfo=UTC)
LATE = datetime(2026, 8, 17, 9, tzinfo=UTC)


def asking(registry: Registry, senders: tuple[str, ...]) -> Registry:
    """Return the contracts with one collection, of these senders."""
    contract = registry.feeds[FEED].model_copy(update={"senders": Senders(codes=senders)})
    return replace(registry, feeds={FEED: contract})


FULL = Registry.load()
THREE = asking(FULL, SENDERS)


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store((tmp_path / "store").as_uri())


def tick_at(store: ObjectStore, now: datetime, registry: Registry = THREE, **options: Any) -> list[Closing]:
    return tick(store, LAYOUT, registry, lambda: now, **options)


def told(made: list[Closing]) -> list[str]:
    return list(closing_lines(made))


def test_nothing_is_closed_as_long_as_the_window_is_open_and_somebody_is_missing(store: ObjectStore) -> None:
    delivered(store, FEED, PERIOD, "AT", OPEN)

    assert tick_at(store, OPEN) == []
    assert tick_at(store, DEADLINE - timedelta(seconds=1)) == []
    assert list(store.list(LAYOUT.prefix("closing"))) == []


def test_a_collection_closes_once_when_it_is_complete(store: ObjectStore) -> None:
    for sender in SENDERS:
        delivered(store, FEED, PERIOD, sender, OPEN)

    assert told(tick_at(store, OPEN)) == ["crc_statistics 2026-Q2: closed on 2026-07-20, complete: 3 of 3 senders"]
    assert tick_at(store, OPEN) == []
    assert tick_at(store, LATE) == []
    assert len(closings(store, LAYOUT, FEED, PERIOD)) == 1


def test_a_collection_closes_at_the_deadline_and_names_who_is_missing(store: ObjectStore) -> None:
    delivered(store, FEED, PERIOD, "BE", OPEN)
    delivered(store, FEED, PERIOD, "MT", OPEN, verdict="refused")

    made = tick_at(store, DEADLINE)

    assert told(made) == [
        "crc_statistics 2026-Q2: closed on 2026-08-14 at the deadline (2026-08-14) without AT, MT; provisional"
    ]
    assert made == closings(store, LAYOUT, FEED, PERIOD)
    assert made[0].missing == ("AT", "MT")
    assert tick_at(store, DEADLINE + timedelta(days=1)) == []


def test_a_collection_that_nobody_has_sent_anything_for_is_closed_too(store: ObjectStore) -> None:
    assert told(tick_at(store, DEADLINE)) == [
        "crc_statistics 2026-Q2: closed on 2026-08-14 at the deadline (2026-08-14) without all 3 senders; provisional"
    ]
    assert tick_at(store, LATE) == []


def test_a_late_arrival_a_new_version_and_a_withdrawal_are_numbered_revisions(store: ObjectStore) -> None:
    delivered(store, FEED, PERIOD, "AT", OPEN, synthetic=True)
    delivered(store, FEED, PERIOD, "BE", OPEN, synthetic=True)
    assert tick_at(store, DEADLINE)[0].synthetic

    # A real delivery displaces all made-up ones: AT's counts, BE's is gone.
    delivered(store, FEED, PERIOD, "AT", LATE, 2)
    (first,) = tick_at(store, LATE)
    assert sentence(first) == (
        "revised on 2026-08-17 (revision 1): AT replaced; BE withdrawn; now without BE, MT; provisional"
    )
    assert not first.synthetic

    delivered(store, FEED, PERIOD, "BE", LATE, 2)
    delivered(store, FEED, PERIOD, "MT", LATE)
    (second,) = tick_at(store, LATE + timedelta(hours=1))
    assert sentence(second) == "revised on 2026-08-17 (revision 2): BE, MT arrived; now complete: 3 of 3 senders"
    assert [item.number for item in closings(store, LAYOUT, FEED, PERIOD)] == [1, 2, 3]
    assert last_closings(store, LAYOUT, FEED) == {PERIOD: second}


def test_a_refused_version_changes_nothing(store: ObjectStore) -> None:
    delivered(store, FEED, PERIOD, "AT", OPEN)
    tick_at(store, DEADLINE)

    delivered(store, FEED, PERIOD, "AT", LATE, 2, verdict="refused")

    assert tick_at(store, LATE) == []


def test_a_verdict_that_was_given_again_makes_a_revision_where_it_is_another(store: ObjectStore) -> None:
    receipts = [delivered(store, FEED, PERIOD, sender, OPEN) for sender in SENDERS]
    tick_at(store, OPEN)

    judged_again(store, receipts[0], "accepted_with_warnings")
    assert tick_at(store, LATE) == []
    judged_again(store, receipts[0], "refused", revision=3)
    (made,) = tick_at(store, LATE)

    assert sentence(made) == "revised on 2026-08-17 (revision 1): AT withdrawn; now without AT; provisional"


def test_a_withdrawal_makes_a_revision_and_sending_again_another(store: ObjectStore) -> None:
    receipts = [delivered(store, FEED, PERIOD, sender, OPEN) for sender in SENDERS]
    tick_at(store, OPEN)
    place = Place(feed=FEED, period=PERIOD, sender="MT")
    told = {"feed": FEED, "period": PERIOD, "sender": "MT", "user": "maria", "delivery_id": receipts[2].delivery_id}

    append(store, LAYOUT, place, lambda _: WithdrawnEvent(**told, at=LATE))
    (gone,) = tick_at(store, LATE)
    append(store, LAYOUT, place, lambda _: ResentEvent(**told, at=LATE, upload_id="0" * 32, after_sequence=1))
    (back,) = tick_at(store, LATE + timedelta(days=1))

    assert sentence(gone) == "revised on 2026-08-17 (revision 1): MT withdrawn; now without MT; provisional"
    assert sentence(back) == "revised on 2026-08-18 (revision 2): MT arrived; now complete: 3 of 3 senders"


def test_who_was_received_in_time_is_waited_for_and_not_for_ever(store: ObjectStore) -> None:
    delivered(store, FEED, PERIOD, "AT", OPEN)
    delivered(store, FEED, PERIOD, "BE", OPEN)
    receipt = received(store, FEED, PERIOD, "MT", DEADLINE - timedelta(seconds=1))

    assert tick_at(store, DEADLINE + timedelta(minutes=15)) == []
    assert tick_at(store, DEADLINE + timedelta(hours=6), dry_run=True)[0].missing == ("MT",)

    judged(store, receipt)
    (made,) = tick_at(store, DEADLINE + timedelta(minutes=30))
    assert made.occasion == "complete"


def test_what_was_received_after_the_deadline_is_not_waited_for(store: ObjectStore) -> None:
    delivered(store, FEED, PERIOD, "AT", OPEN)
    received(store, FEED, PERIOD, "MT", DEADLINE)

    (made,) = tick_at(store, DEADLINE + timedelta(minutes=15))

    assert made.missing == ("BE", "MT")


def test_a_sender_who_is_not_expected_neither_completes_nor_revises(store: ObjectStore) -> None:
    for sender in ("AT", "BE", "FR"):
        delivered(store, FEED, PERIOD, sender, OPEN)

    (made,) = tick_at(store, DEADLINE)

    assert made.missing == ("MT",)
    assert set(made.sent) == {"AT", "BE"}
    delivered(store, FEED, PERIOD, "FR", LATE, 2)
    assert tick_at(store, LATE) == []


def test_a_contract_that_expects_others_makes_a_revision(store: ObjectStore) -> None:
    for sender in SENDERS:
        delivered(store, FEED, PERIOD, sender, OPEN)
    tick_at(store, OPEN)

    (made,) = tick_at(store, LATE, asking(FULL, ("AT", "BE", "CY")))

    assert sentence(made) == (
        "revised on 2026-08-17 (revision 1): CY newly expected; MT no longer expected; now without CY; provisional"
    )


def test_a_dry_run_says_what_would_be_closed_and_closes_nothing(store: ObjectStore) -> None:
    assert [item.number for item in tick_at(store, DEADLINE, dry_run=True)] == [1]
    assert list(store.list(LAYOUT.prefix("closing"))) == []


def test_every_collection_of_the_contracts_has_its_clock(store: ObjectStore) -> None:
    made = tick_at(store, datetime(2026, 11, 17, tzinfo=UTC), FULL)

    assert {(item.feed, item.period) for item in made} == {
        *(
            (feed, quarter)
            for feed in FULL.collections
            if feed != "ms_questionnaire"
            for quarter in ("2026-Q2", "2026-Q3")
        ),
        ("ms_questionnaire", "2021-2023"),
    }
    assert all(len(item.missing) == 27 for item in made)
    assert tick_at(store, datetime(2026, 11, 17, tzinfo=UTC), FULL, feed=FEED) == []


def test_an_idle_tick_reads_no_receipts(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for sender in SENDERS:
        delivered(store, FEED, PERIOD, sender, OPEN)
    tick_at(store, OPEN)
    read: list[str] = []
    get = store.get
    monkeypatch.setattr(store, "get", lambda key: read.append(key) or get(key))

    tick_at(store, OPEN)

    assert read == [LAYOUT.key("closing", feed=FEED, period=PERIOD, number="000001")]


class Interrupted:
    """A store as one clock sees it: before each of its calls something else may happen to the store."""

    def __init__(self, store: ObjectStore, meanwhile: list[Callable[[], None]]) -> None:
        self._store = store
        self._meanwhile = meanwhile

    def __getattr__(self, name: str) -> Any:
        if self._meanwhile:
            self._meanwhile.pop(0)()
        return getattr(self._store, name)


class World:
    """A store, a time that only goes on, and what can happen."""

    def __init__(self, store: ObjectStore) -> None:
        self.store = store
        self.time = DEADLINE - timedelta(minutes=30)
        self.versions = 0
        self.made: list[Closing] = []

    def now(self) -> datetime:
        self.time += timedelta(minutes=1)
        return self.time

    def happen(self, event: tuple[str, Any]) -> None:
        what, detail = event
        if what == "tick":
            meanwhile = [lambda nested=nested: self.happen(nested) for nested in detail]  # type: ignore[misc]
            clock: Any = Interrupted(self.store, meanwhile)
            self.made += tick(clock, LAYOUT, THREE, self.now)
        elif what == "at once":
            for each in detail:
                self.happen(each)
        elif what == "wait":
            self.time += timedelta(minutes=detail)
        else:
            self.versions += 1
            delivered(
                self.store, FEED, PERIOD, detail, self.now(), self.versions,
                verdict="refused" if what == "refused" else "accepted",
                synthetic=what == "made up",
            )  # fmt: skip


simple = st.one_of(
    st.tuples(st.sampled_from(["real", "made up", "refused"]), st.sampled_from(SENDERS)),
    st.tuples(st.just("wait"), st.integers(1, 60)),
    st.tuples(st.just("tick"), st.just([])),
)
happenings = st.lists(
    st.one_of(simple, st.tuples(st.just("tick"), st.lists(simple, min_size=1, max_size=6))), max_size=10
)


@pytest.mark.parametrize("calls", range(12))
def test_a_slow_clock_never_says_what_was_true_before_the_last_closing(store: ObjectStore, calls: int) -> None:
    world = World(store)
    world.time = DEADLINE
    nothing: list[tuple[str, Any]] = [("wait", 0)]

    # After so many calls of the slow clock everybody sends, and another clock closes.
    everybody = ("at once", [*(("real", sender) for sender in SENDERS), ("tick", [])])
    world.happen(("tick", [*nothing * calls, everybody]))
    world.happen(("tick", []))

    series = closings(store, LAYOUT, FEED, PERIOD)
    assert "withdrawn" not in {change.change for item in series for change in item.changes}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings)
def test_whatever_arrives_between_whichever_clocks_there_is_one_closing_and_revisions_in_order(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[str, Any]]
) -> None:
    world = World(open_store(tmp_path_factory.mktemp("store").as_uri()))
    for event in events:
        world.happen(event)
    world.time = max(world.time, DEADLINE)
    world.happen(("tick", []))

    series = closings(world.store, LAYOUT, FEED, PERIOD)
    # Every closing was made by one clock, and numbers have no gaps.
    assert sorted(world.made, key=lambda item: item.number) == series
    assert [item.number for item in series] == list(range(1, len(series) + 1))
    assert [item.occasion == "revision" for item in series] == [number > 1 for number in range(1, len(series) + 1)]
    assert [item.at for item in series] == sorted(item.at for item in series)
    # A first closing at the deadline is never before it, and complete is complete.
    assert series[0].missing == () if series[0].occasion == "complete" else series[0].at >= DEADLINE
    for before, after in itertools.pairwise(series):
        assert replayed(before, after) == {sender: item.deliveries for sender, item in after.sent.items()}
        assert after.changes
    for item in series:
        assert set(item.sent) | set(item.missing) == set(SENDERS)
        assert not set(item.sent) & set(item.missing)
    # The last one says how things stand, and nothing more is due.
    asked = window(THREE.feeds[FEED], PERIOD)
    assert asked is not None
    standing = standing_of(world.store, LAYOUT, THREE.feeds[FEED], asked, SENDERS)
    assert dict(standing.sent) == series[-1].sent
    assert tick(world.store, LAYOUT, THREE, world.now) == []


def replayed(before: Closing, after: Closing) -> dict[str, tuple[str, ...]]:
    """Return who counts after the changes of a revision, from the closing before it."""
    sent = {sender: item.deliveries for sender, item in before.sent.items()}
    for change in after.changes:
        if change.change == "withdrawn":
            del sent[change.sender]
        else:
            assert (change.sender in sent) == (change.change == "replaced")
            assert sent.get(change.sender) != after.sent[change.sender].deliveries
            sent[change.sender] = after.sent[change.sender].deliveries
    return sent
