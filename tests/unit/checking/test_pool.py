"""The pool: limits end a check with a verdict, deaths are survived, nothing of the platform is within reach."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from customs_monitor.checking import CheckFailed, CheckLimits, CheckPool, CheckResult
from customs_monitor.collection.preflight import preflight
from customs_monitor.contracts import Project, Registry
from customs_monitor.intake.limits import MIB
from hostile.case import GOOD, HEADER, ROW

Scratch = Callable[[], Path]


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    """Make folders for jobs."""
    numbers = iter(range(1_000))

    def make() -> Path:
        folder = tmp_path / f"job-{next(numbers)}"
        folder.mkdir()
        return folder

    return make


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    path = tmp_path / "delivery.csv"
    path.write_text(GOOD)
    return path


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A delivery that takes a second or more."""
    path = tmp_path / "large.csv"
    rows = "".join(f"{ROW}{number}\n" for number in range(60_000))
    path.write_text(f"{HEADER}\n{rows}")
    return path


def _codes(result: CheckResult) -> list[str]:
    return [count.code for count in result.issue_counts]


def test_the_verdict_is_that_of_the_preflight(pool: CheckPool, delivery: Path, scratch: Scratch) -> None:
    registry = Registry.load()
    found = preflight(delivery, registry.feeds["crc_statistics"], registry, scratch())
    expected = {path.name: path.read_bytes() for path in found.write(scratch())}
    result = pool.check(delivery, "crc_statistics", scratch())
    assert result.verdict == found.judgement.verdict == "accepted"
    for path in result.reports:
        if path.name != "report.ess.json":  # tells the time
            assert path.read_bytes() == expected[path.name], path.name
    assert result.accepted is not None
    assert found.judgement.accepted is not None
    assert result.accepted.read_bytes() == found.judgement.accepted.read_bytes()


def test_callers_of_many_threads_and_of_coroutines(pool: CheckPool, delivery: Path, scratch: Scratch) -> None:
    async def many() -> list[CheckResult]:
        futures = [pool.submit(delivery, "crc_statistics", scratch()) for _ in range(3)]
        return list(await asyncio.gather(*(asyncio.wrap_future(future) for future in futures)))

    found: list[str] = []
    folders = [scratch() for _ in range(3)]
    threads = [
        threading.Thread(
            target=lambda folder=folder: found.append(pool.check(delivery, "crc_statistics", folder).verdict)
        )
        for folder in folders
    ]
    for thread in threads:
        thread.start()
    verdicts = [result.verdict for result in asyncio.run(many())]
    for thread in threads:
        thread.join()
    assert verdicts + found == ["accepted"] * 6


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (CheckLimits(memory=80 * MIB), "CHECK_NEEDS_MEMORY"),
        (CheckLimits(cpu_seconds=1, threads=1), "CHECK_NEEDS_TIME"),
        (CheckLimits(wall_seconds=0.3), "CHECK_NEEDS_TIME"),
        (CheckLimits(file_bytes=50_000), "CHECK_NEEDS_SPACE"),
    ],
    ids=["memory", "cpu", "wall", "file"],
)
def test_a_limit_ends_a_check_with_a_verdict(limits: CheckLimits, code: str, large: Path, scratch: Scratch) -> None:
    with CheckPool(workers=1, limits=limits) as pool:
        result = pool.check(large, "crc_statistics", scratch(), sender="AT", period="2026-Q2")
        assert (result.verdict, _codes(result), result.stopped) == ("refused", [code], code)
        assert (result.sender, result.period) == ("AT", "2026-Q2")
        assert result.accepted is None


def test_a_child_that_somebody_kills_is_tried_again(pool: CheckPool, large: Path, scratch: Scratch) -> None:
    future = pool.submit(large, "crc_statistics", scratch())
    os.kill(_child_of(pool), signal.SIGKILL)
    assert "DUPLICATE_KEY" in _codes(future.result())


def test_a_zygote_that_dies_is_replaced_and_its_jobs_are_done(delivery: Path, large: Path, scratch: Scratch) -> None:
    with CheckPool(workers=1) as pool:
        running = pool.submit(large, "crc_statistics", scratch())
        waiting = pool.submit(delivery, "crc_statistics", scratch())
        child = _child_of(pool)
        os.kill(_zygote(pool), signal.SIGKILL)
        assert "DUPLICATE_KEY" in _codes(running.result())
        assert waiting.result().verdict == "accepted"
        assert _is_gone(child), "no child outlives its zygote"


def test_a_pool_that_closes_ends_its_processes(large: Path, scratch: Scratch) -> None:
    pool = CheckPool(workers=1)
    future = pool.submit(large, "crc_statistics", scratch())
    child, zygote = _child_of(pool), _zygote(pool)
    pool.close()
    with pytest.raises(CheckFailed, match="closed"):
        future.result()
    assert _is_gone(child)
    assert _is_gone(zygote)
    with pytest.raises(CheckFailed, match="closed"):
        pool.check(large, "crc_statistics", scratch())


def test_a_check_that_is_cancelled_ends(pool: CheckPool, large: Path, delivery: Path, scratch: Scratch) -> None:
    future = pool.submit(large, "crc_statistics", scratch())
    child = _child_of(pool)
    assert future.cancel()
    assert _is_gone(child)
    assert pool.check(delivery, "crc_statistics", scratch()).verdict == "accepted"


def test_what_cannot_start_says_so(delivery: Path, scratch: Scratch, tmp_path: Path) -> None:
    feeds = tmp_path / "expectations" / "feeds"
    feeds.mkdir(parents=True)
    (feeds / "crc_statistics.yml").write_text("nonsense: 1\n")
    pool = CheckPool(project=Project(tmp_path))
    with pytest.raises(CheckFailed, match="nonsense"):
        pool.check(delivery, "crc_statistics", scratch())
    pool.close()


def test_an_unknown_feed_is_the_callers_fault(pool: CheckPool, delivery: Path, scratch: Scratch) -> None:
    with pytest.raises(KeyError, match="nowhere"):
        pool.check(delivery, "nowhere", scratch())


def test_children_know_no_secret_and_reach_no_network(
    delivery: Path, large: Path, scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("CUSTOMS_MONITOR_SIGNING_KEY", "secret")
    with CheckPool(workers=1) as pool:
        pool.submit(large, "crc_statistics", scratch())
        child = _child_of(pool)
        environment = Path(f"/proc/{child}/environ").read_bytes()
        assert b"secret" not in environment
        # Files, pipes to nowhere and its own descriptors only: nothing of the server, no socket.
        # Once it has settled in.
        assert _until(lambda: [True] if not _sockets(child) else [])
        if pool.network == "isolated":
            interfaces = Path(f"/proc/{child}/net/dev").read_text().splitlines()[2:]
            assert [line.split(":")[0].strip() for line in interfaces] in ([], ["lo"])
            assert not Path(f"/proc/{child}/net/route").read_text().splitlines()[1:]


def _sockets(process: int) -> list[str]:
    targets = [entry.readlink().name for entry in Path(f"/proc/{process}/fd").iterdir() if entry.is_symlink()]
    return [target for target in targets if target.startswith("socket:")]


def _zygote(pool: CheckPool) -> int:
    pool.start()
    assert pool._zygote is not None
    return pool._zygote._process.pid


def _child_of(pool: CheckPool) -> int:
    """Wait for the first job that runs, and return its process."""
    processes = _until(lambda: [task.process for task in list(pool._running.values()) if task.process])
    assert processes, "no job runs"
    return int(processes[0])


def _is_gone(process: int) -> bool:
    def gone() -> list[bool]:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return [True]
        return [True] if state == "Z" else []

    return bool(_until(gone))


def _until(found: Callable[[], list]) -> list:  # type: ignore[type-arg]
    """Ask until there is an answer; a minute is for machines that do much else."""
    for _ in _tries():
        if answer := found():
            return answer
    return []


def _tries() -> Iterator[None]:
    for _ in range(3_000):
        yield
        time.sleep(0.02)
