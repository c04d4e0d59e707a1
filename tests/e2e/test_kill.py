"""`kill -9` of `customs-monitor run` at any moment: readers see whole releases, and the next run completes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from customs_monitor.collection.in_force import judgements
from customs_monitor.collection.landing import receipts
from customs_monitor.release.verifying import verify
from customs_storage import ObjectStore
from customs_storage.layout import Layout
from customs_storage.pointer import read_latest
from support.collection import RATES, SURVEY
from support.published import data_files
from support.stores import Stores
from support.warm_runs import WarmRuns

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

KILLS = 50
#: After so many kills a run is left to come to its end, also where none has done so by itself.
_KILLS_IN_A_ROUND = 10
_SEED = 20_261_124


@pytest.fixture(params=["folder", pytest.param("rgw", marks=pytest.mark.rig)])
def stores(request: pytest.FixtureRequest) -> Stores:
    found: Stores = request.getfixturevalue(f"{request.param}_stores")
    return found


@pytest.fixture
def runs(stores: Stores, tmp_path: Path) -> Iterator[WarmRuns]:
    folder = tmp_path / "warm"
    folder.mkdir()
    with WarmRuns(folder, stores.environment) as found:
        yield found


@dataclass
class Reader:
    """Somebody who looks at the release in force after every kill."""

    store: ObjectStore
    layout: Layout
    seen: list[str] = field(default_factory=list)

    def look(self) -> None:
        """Find a whole release, or none yet, and never an older one than before."""
        latest = read_latest(self.store)
        if latest is None:
            assert not self.seen, f"{self.seen[-1]} was in force, now nothing is"
            return
        assert verify(self.store, self.layout).problems == ()
        if not self.seen or latest.release_id != self.seen[-1]:
            assert latest.release_id not in self.seen, f"{latest.release_id} is in force again"
            assert latest.release_id > max(self.seen, default="")
            self.seen.append(latest.release_id)


def deliver(inbox: Path, number: int) -> None:
    """Put a file of each of two feeds into the inbox, with other figures for every number."""
    third = number % 14
    survey = SURVEY.replace(",1,0,26,", f",1,{third},26,").replace(",3,14,26,", f",3,{14 - third},26,")
    for name, content in (
        (f"exchange_rates/rates-{number:03}.csv", f"{RATES}2023-12-27,1.{1000 + number},156.1,\n"),
        (f"survey_results/survey-{number:03}.csv", survey.replace("2.4.3.7", f"2.4.3.7 v{number}")),
    ):
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def assert_each_counts_once(store: ObjectStore, layout: Layout, deliveries: int) -> None:
    """Find every delivery of both feeds landed once and judged once."""
    for feed in ("exchange_rates", "survey_results"):
        landed = list(receipts(store, layout, feed=feed))
        assert len({item.sha256 for item in landed}) == len(landed) == deliveries
        assert sorted(item.sequence for item in landed) == list(range(1, deliveries + 1))
        judged = sorted(item.delivery_id for item in judgements(store, layout, feed))
        assert judged == sorted(item.delivery_id for item in landed)


def test_a_kill_at_any_moment_loses_nothing_and_shows_no_mix(stores: Stores, runs: WarmRuns, tmp_path: Path) -> None:
    layout, inbox, random = Layout.load(), tmp_path / "inbox", Random(_SEED)
    store = stores.open("killed")
    reader = Reader(store, layout)
    kills = rounds = 0
    seconds = 0.0
    while kills < KILLS:
        deliver(inbox, rounds)
        # First undisturbed: what the killed runs must come to, and a build that they find made.
        runs.complete(stores.url("undisturbed"), inbox)
        seconds = seconds or runs.complete(stores.url("measured"), inbox)
        rounds += 1
        for _ in range(_KILLS_IN_A_ROUND):
            was_killed = runs.kill(stores.url("killed"), inbox, random.uniform(0, seconds))
            reader.look()
            if not was_killed:
                break
            kills += 1
        runs.complete(stores.url("killed"), inbox)
        reader.look()
        assert len(reader.seen) == rounds
        assert_each_counts_once(store, layout, rounds)
        assert data_files(store) == data_files(stores.open("undisturbed"))
    assert any(path.startswith("indicators/o4-3/") for path in data_files(store) or ())
