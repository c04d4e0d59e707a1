"""`kill -9` of `customs-monitor run` at any moment: readers see whole releases, and the next run completes.

The points are drawn uniformly over the measured length of an undisturbed run, by the seed below, and over a tenth less
after every run that ended before its point; a failure tells the point. Rounds take turns: in an empty store with first
deliveries, and in a store that has a release with deliveries that add and supersede. A run is killed several times in
each, so that later kills meet what earlier ones have left; then one is let through, while a reader looks on without a
pause.

Budget on 2 cores: a run takes some 3 s, forked from a process that has imported everything, with dbt's work remembered
(`support.warm_server` says why that is the same); 50 points take two minutes, so `make test` draws the first 16 of them
and `make test-rigs` all. Start-up, and dbt in earnest, are met by kills of the command itself, which takes four times
as long, and so at three points.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from customs_monitor.collection.landing import receipts
from customs_monitor.collection.verdicts import judgements
from customs_monitor.release.verifying import verify
from customs_storage import ObjectStore
from customs_storage.layout import Layout
from customs_storage.pointer import read_latest
from support.collection import RATES, SURVEY
from support.command import CUSTOMS_MONITOR
from support.published import data_files
from support.stores import Stores
from support.warm_runs import WarmRuns

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]

#: After so many kills a run is left to come to its end, also where none has done so by itself.
_KILLS_IN_A_ROUND = 8
_KILLS_OF_THE_COMMAND = 3
_SEED = 20_261_124


@dataclass
class Reader:
    """Somebody who looks at the release in force after every kill."""

    store: ObjectStore
    layout: Layout
    seen: list[str] = field(default_factory=list)

    def look(self, moment: str) -> None:
        """Find a whole release, or none yet, and never an older one than before."""
        latest = read_latest(self.store)
        if latest is None:
            assert not self.seen, f"{moment}: {self.seen[-1]} was in force, now nothing is"
            return
        assert verify(self.store, self.layout).problems == (), moment
        if not self.seen or latest.release_id != self.seen[-1]:
            assert latest.release_id > max(self.seen, default=""), f"{moment}: {latest.release_id} is in force again"
            self.seen.append(latest.release_id)

    @contextmanager
    def looking_on(self, moment: str) -> Iterator[None]:
        """Look again and again while the block runs, and once after it."""
        faults: list[BaseException] = []
        over = threading.Event()

        def look() -> None:
            try:
                while not over.wait(0.02):
                    self.look(moment)
            except BaseException as fault:
                faults.append(fault)

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        if faults:
            raise faults[0]
        self.look(moment)


@dataclass(frozen=True)
class Scene:
    """A store at the beginning of a round.

    Attributes:
        name: of the store that an undisturbed run has made of it, and of the inbox.
        deliveries: of each feed, in the inbox.
        start: the store that it begins as a copy of; None where it begins empty.
    """

    name: str
    deliveries: int
    start: str | None

    def prepare(self, stores: Stores, name: str) -> None:
        """Make a store as it is at the beginning."""
        if self.start is not None:
            stores.copy(self.start, to=name)


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


def records(store: ObjectStore) -> dict[str, bytes]:
    """Return the accepted rows and judgements."""
    return {info.key: store.get(info.key) for prefix in ("accepted/", "judgements/") for info in store.list(prefix)}


@pytest.mark.parametrize(
    ("kind", "kills"),
    [
        pytest.param("folder", 6, id="file"),
        pytest.param("folder", 50, id="file-50", marks=pytest.mark.rig),
        pytest.param("rgw", 50, id="rgw", marks=pytest.mark.rig),
    ],
)
def test_a_kill_at_any_moment_loses_nothing_and_shows_no_mix(
    kind: str, kills: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    stores: Stores = request.getfixturevalue(f"{kind}_stores")
    layout, random = Layout.load(), Random(_SEED)
    done = rounds = 0
    with WarmRuns(tmp_path, stores.environment) as runs:
        scenes = (Scene("first", 1, None), Scene("second", 2, "first"))
        for scene in scenes:
            scene.prepare(stores, scene.name)
            for number in range(scene.deliveries):
                deliver(tmp_path / scene.name, number)
            runs.complete(stores.url(scene.name), tmp_path / scene.name)
        # Only now is every build remembered: this is how long a run takes.
        seconds = runs.complete(stores.url("measured"), tmp_path / "first")
        while done < kills:
            scene, inbox = scenes[rounds % 2], tmp_path / scenes[rounds % 2].name
            rounds += 1
            assert rounds < kills + 20, "most runs end before they are killed: the measured length is wrong"
            scene.prepare(stores, f"round-{rounds}")
            store, undisturbed = stores.open(f"round-{rounds}"), stores.open(scene.name)
            reader = Reader(store, layout)
            reader.look(f"round {rounds}, at its beginning")
            for _ in range(min(_KILLS_IN_A_ROUND, kills - done)):
                point = random.uniform(0, seconds)
                was_killed = runs.kill(store.url, inbox, point)
                reader.look(f"round {rounds}, killed after {point:.3f} s")
                if not was_killed:
                    # What is left takes less time, and so may a machine that others use.
                    seconds *= 0.9
                    break
                done += 1
            with reader.looking_on(f"round {rounds}, the next run"):
                runs.complete(store.url, inbox)
            assert len(reader.seen) == scene.deliveries
            assert_each_counts_once(store, layout, scene.deliveries)
            assert records(store) == records(undisturbed)
            assert data_files(store) == data_files(undisturbed)


@pytest.mark.rig
def test_the_command_itself_can_be_killed_from_its_start_on(folder_stores: Stores, tmp_path: Path) -> None:
    layout, inbox, random = Layout.load(), tmp_path / "inbox", Random(_SEED)
    store, undisturbed = folder_stores.open("killed"), folder_stores.open("undisturbed")
    reader = Reader(store, layout)
    deliver(inbox, 0)
    command = [*CUSTOMS_MONITOR, "run", "--inbox", str(inbox), "--store"]
    started = time.monotonic()
    subprocess.run([*command, undisturbed.url], check=True, stdout=subprocess.DEVNULL)
    part = (time.monotonic() - started) / _KILLS_OF_THE_COMMAND
    for number in range(_KILLS_OF_THE_COMMAND):
        # One in each part: three points drawn over the whole could well leave the start out.
        point = random.uniform(number * part, (number + 1) * part)
        process = subprocess.Popen([*command, store.url], stdout=subprocess.DEVNULL, start_new_session=True)
        try:
            process.wait(point)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        reader.look(f"killed after {point:.3f} s")
    subprocess.run([*command, store.url], check=True, stdout=subprocess.DEVNULL)
    reader.look("the next run")
    assert len(reader.seen) == 1
    assert_each_counts_once(store, layout, 1)
    assert records(store) == records(undisturbed)
    assert data_files(store) == data_files(undisturbed)
