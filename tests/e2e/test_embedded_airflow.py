"""`make run`: the main job under an Airflow that is started for it, twice, on the samples, without a network."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from customs_monitor.release.history import releases
from customs_monitor.settings import AIRFLOW_HOME_VARIABLE
from customs_storage import ObjectStore, open_store
from customs_storage.layout import Layout
from support.isolation import NotAllowed, isolated
from support.network_audit import audited
from support.published import data_files

pytestmark = [pytest.mark.e2e, pytest.mark.rig, pytest.mark.timeout(900)]

#: In the environment of every process of the run, and so of whatever it leaves behind.
MARK = f"customs-monitor-test-{uuid.uuid4().hex}"


@dataclass(frozen=True)
class Run:
    """What a run printed, and what was left of it."""

    output: str
    releases: tuple[str, ...]  # in the store after it
    left: tuple[str, ...]


@dataclass(frozen=True)
class Runs:
    """Two runs, one after the other, on the same store."""

    store: ObjectStore
    first: Run
    second: Run
    attempts: str


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("embedded")
    environment, log = audited(folder)
    environment |= {AIRFLOW_HOME_VARIABLE: str(folder / "airflow"), "TEST_MARK": MARK}
    for name in ("DO_NOT_TRACK", "SCARF_ANALYTICS"):
        environment.pop(name, None)
    try:
        alone = isolated()
    except NotAllowed:
        # What is tested here holds with a network, too; `test_no_network` tells that it was not taken away.
        alone = []
    store = open_store((folder / "store").as_uri())

    def run() -> Run:
        command = [*alone, sys.executable, "-m", "customs_monitor.airflow.embedded", "--store", store.url]
        done = subprocess.run(
            command,
            env=environment,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        left = tuple(_processes_left())
        assert done.returncode == 0, done.stdout
        return Run(done.stdout, tuple(item.release_id for item in releases(store, Layout.load())), left)

    first, second = run(), run()
    return Runs(store, first, second, log.read_text() if log.exists() else "")


def test_the_first_run_publishes_and_sums_up(runs: Runs) -> None:
    published = data_files(runs.store)
    assert published
    assert {"indicators/o4-3/o4-3.csv", "indicators/o12-3/o12-3.csv"} <= published.keys()
    assert len(runs.first.releases) == 1
    assert runs.first.releases[0] in runs.first.output
    assert "survey_results_2018-2020.csv" in runs.first.output
    assert "site/index.html" in runs.first.output


def test_the_second_run_publishes_nothing_new_and_says_so(runs: Runs) -> None:
    assert runs.second.releases == runs.first.releases, runs.second.output
    assert "nothing new" in runs.second.output.casefold()


def test_no_process_is_left(runs: Runs) -> None:
    assert runs.first.left == ()
    assert runs.second.left == ()


def test_nobody_wanted_out(runs: Runs) -> None:
    assert runs.attempts == ""


def _processes_left() -> Iterator[str]:
    """Name the processes that carry the mark, and end them."""
    for process in Path("/proc").iterdir():
        # Not every entry is a process, and any process may end while it is looked at.
        with suppress(ValueError, OSError):
            pid = int(process.name)
            if MARK.encode() in (process / "environ").read_bytes():
                yield (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                os.kill(pid, signal.SIGKILL)
