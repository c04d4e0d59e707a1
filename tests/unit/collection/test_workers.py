"""Workers: the same results as without, each failure its own, and no worker that outlives its run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from customs_monitor.collection import collect as collecting
from customs_monitor.collection.inbox import Inbox
from customs_monitor.collection.progress import Progress
from customs_monitor.collection.workers import Failure, side_by_side
from customs_storage import open_store
from support.collection import RATES, SURVEY, Collection
from support.pieces_of_work import shouted


def test_each_item_has_its_result_and_a_failure_is_of_its_item_alone() -> None:
    said: list[str] = []
    items = ["one", "raise", "two", "die", "three", "four"]
    results = dict(side_by_side(shouted, items, 2, said.append))
    assert {item: result for item, result in results.items() if isinstance(result, str)} == {
        "one": "ONE",
        "two": "TWO",
        "three": "THREE",
        "four": "FOUR",
    }
    raised, died = results["raise"], results["die"]
    assert isinstance(raised, Failure)
    assert raised.told == "ValueError: nothing to shout"
    assert "in shouted" in raised.trace
    assert isinstance(died, Failure)
    assert "ended with code 7" in died.told
    assert sorted(said) == sorted(f"shouting {item}" for item in items)


def test_no_worker_outlives_a_run_that_is_killed(root: Path) -> None:
    script = root / "tests" / "support" / "pieces_of_work.py"
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "tests"},
        cwd=root,
    ) as run:
        assert run.stdout is not None
        workers = [int(run.stdout.readline()) for _ in range(2)]
        assert all(is_alive(pid) for pid in workers)
        run.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 60
    while any(is_alive(pid) for pid in workers):
        assert time.monotonic() < deadline, "the workers go on after their run was killed"
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_feeds_judged_side_by_side_leave_what_they_leave_one_after_the_other(
    collection: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "_WORTH_WORKERS", 2)
    collection.deliver("exchange_rates/rates.csv", RATES)
    collection.deliver("survey_results/survey.csv", SURVEY.replace("14", "15"))
    kept, told = {}, {}
    for workers in (1, 2):
        store = open_store((tmp_path / f"store-{workers}").as_uri())
        lines: list[str] = []
        collected = collecting.collect(
            store,
            collection.layout,
            collection.registry,
            [Inbox.open(str(collection.inbox))],
            "run-1",
            collection.scratch,
            Progress(tell=lines.append),
            workers,
        )
        assert collected.failures == {}
        told[workers] = sorted(lines)
        kept[workers] = {
            info.key: store.get(info.key)
            for area in ("accepted/", "rejected/", "judgements/")
            for info in store.list(area)
            # A report tells when its delivery came.
            if area != "rejected/" or info.key.endswith((".parquet", ".csv"))
        }
    assert told[1] == told[2]
    assert len(told[1]) == 2
    assert kept[1]
    assert kept[1] == kept[2]


def test_workers_give_back_what_they_hold_of_the_system(root: Path) -> None:
    script = (
        "from customs_monitor.collection.workers import side_by_side; from support.pieces_of_work import held\n"
        "if __name__ == '__main__': print(*(kept for _, kept in side_by_side(held, ['a lock'], 2, print)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": "tests"},
        cwd=root,
    )
    assert (done.stdout, done.stderr) == ("a lock\n", "")
