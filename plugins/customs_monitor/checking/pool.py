"""The pool of processes that judge: what the portal calls."""

from __future__ import annotations

import json
import logging
import signal
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Literal

from pydantic import ValidationError

from customs_monitor.checking.jobs import FAILURE, RESULT, Ended, Failure, Job, Order, Started, Stop
from customs_monitor.checking.limits import CheckLimits
from customs_monitor.checking.results import ArchiveProblem, CheckFailed, CheckResult, Cost, Network, Unpacked
from customs_monitor.checking.zygote_process import Zygote
from customs_monitor.contracts import Project
from customs_monitor.contracts.rules import load_rules

_log = logging.getLogger(__name__)
#: What a child that was ended by a signal ran into; whatever else ends it, it broke off.
_STOPS: Mapping[int, Stop] = {signal.SIGXCPU: "CHECK_NEEDS_TIME", signal.SIGXFSZ: "CHECK_NEEDS_SPACE"}
#: Starts of the zygote in a row after which nobody believes in the next one.
_MOST_STARTS = 3


@dataclass(eq=False)
class _Task:
    """What a caller waits for, and the attempts at it."""

    future: Future[Any]
    job: Job
    scratch: Path
    attempts: int = 0
    stop: Stop | None = None
    spent: Cost = field(default_factory=lambda: Cost(cpu_seconds=0, wall_seconds=0, peak_memory=0))
    process: int | None = None
    #: Whether it has been tried again because something else than its file ended it.
    retried: bool = False


class CheckPool:
    """Judges files in processes of their own.

    A zygote, a fresh Python with libraries and contracts loaded, forks a child for each job. The child has a folder
    of its own, limits and no network, and ends with its job. Every method may be called from any thread.

    Args:
        workers: the most jobs at a time; others wait in the order in which they came.
        limits: what one job may cost.
        project: whose contracts; the one of this checkout by default.
    """

    def __init__(self, workers: int = 2, limits: CheckLimits | None = None, project: Project | None = None) -> None:
        self._workers = workers
        self._limits = limits or CheckLimits()
        self._project = project or Project.locate()
        # As `Registry` does; loading it takes the server's time.
        self._feeds = frozenset(path.stem for path in self._project.feeds.glob("*.yml"))
        self._lock = Lock()
        self._zygote: Zygote | None = None
        self._waiting: list[_Task] = []
        self._running: dict[int, _Task] = {}
        self._numbers = 0
        self._failed_starts = 0
        self._closed = False

    def __enter__(self) -> CheckPool:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start the zygote and wait until it can judge; the first check does it where nobody has.

        Raises:
            CheckFailed: if it does not start.
        """
        with self._lock:
            zygote = self._living()
        zygote.wait_until_ready()

    def close(self) -> None:
        """End all processes; jobs that are not done fail with `CheckFailed`."""
        with self._lock:
            self._closed = True
            zygote, self._zygote = self._zygote, None
            tasks = [*self._waiting, *self._running.values()]
            self._waiting, self._running = [], {}
        if zygote is not None:
            zygote.close()
        for task in tasks:
            _fail(task, CheckFailed("the pool was closed"))

    @property
    def network(self) -> Network:
        """Whether the processes are cut off from the network; starts the pool where nobody has."""
        with self._lock:
            zygote = self._living()
        return zygote.wait_until_ready()

    def check(
        self,
        file: Path,
        feed: str,
        scratch: Path,
        *,
        sender: str | None = None,
        period: str | None = None,
        file_name: str | None = None,
        previous: Path | None = None,
        received_at: datetime | None = None,
    ) -> CheckResult:
        """Judge a file as `preflight` would; waits for the verdict.

        Args:
            file: a local file; it is read, never changed.
            feed: the collection it is for.
            scratch: an empty folder for this job alone, in which the result's files lie; the caller removes it.
            sender: who sends it; from the file where None.
            period: its period; from the file where None.
            file_name: the name under which it was sent, where `file` has another.
            previous: accepted rows of the delivery in force, to compare with.
            received_at: when it came (UTC); now where None.

        Raises:
            CheckFailed: if the platform is at fault. A file that breaks, starves or stalls the check is refused.
            KeyError: if there is no such feed.
        """
        return self.submit(
            file,
            feed,
            scratch,
            sender=sender,
            period=period,
            file_name=file_name,
            previous=previous,
            received_at=received_at,
        ).result()

    def submit(
        self,
        file: Path,
        feed: str,
        scratch: Path,
        *,
        sender: str | None = None,
        period: str | None = None,
        file_name: str | None = None,
        previous: Path | None = None,
        received_at: datetime | None = None,
    ) -> Future[CheckResult]:
        """Judge a file without waiting, see `check`; in a coroutine: `await asyncio.wrap_future(pool.submit(...))`.

        A future that is cancelled before its end ends its processes.
        """
        if feed not in self._feeds:
            raise KeyError(feed)
        return self._submit(
            scratch,
            kind="check",
            file=file.resolve(),
            feed=feed,
            file_name=file_name or file.name,
            sender=sender,
            period=period,
            previous=previous.resolve() if previous is not None else None,
            received_at=received_at,
        )

    def unpack(self, file: Path, scratch: Path) -> Unpacked:
        """Open a ZIP archive of deliveries; nothing of it is taken where anything is wrong with it.

        Args:
            file: a local file for which `intake.archive.is_archive` is true.
            scratch: an empty folder for this job alone, in which the files lie.

        Raises:
            CheckFailed: if the platform is at fault.
        """
        return self.submit_unpack(file, scratch).result()

    def submit_unpack(self, file: Path, scratch: Path) -> Future[Unpacked]:
        """Open an archive without waiting, see `unpack`."""
        return self._submit(scratch, kind="unpack", file=file.resolve())

    def _submit(self, scratch: Path, *, kind: Literal["check", "unpack"], **job: Any) -> Future[Any]:
        scratch = scratch.resolve()
        task = _Task(Future(), Job(number=0, kind=kind, folder=scratch, **job), scratch)
        task.future.add_done_callback(lambda future: self._cancelled(task) if future.cancelled() else None)
        with self._lock:
            if self._closed:
                raise CheckFailed("the pool is closed")
            self._living()
            self._waiting.append(task)
        self._dispatch()
        return task.future

    def _living(self) -> Zygote:
        """Return the zygote, started where there is none; called with the lock."""
        if self._closed:
            raise CheckFailed("the pool is closed")
        if self._zygote is None:
            self._zygote = Zygote(self._limits, self._project, self._started, self._ended, self._died)
        return self._zygote

    def _dispatch(self) -> None:
        """Start what waits, as far as there are free workers."""
        broken: list[tuple[_Task, Exception]] = []
        with self._lock:
            while self._zygote is not None and self._waiting and len(self._running) < self._workers:
                task = self._waiting.pop(0)
                if task.future.done():
                    continue
                self._numbers += 1
                task.attempts += 1
                task.process = None
                folder = task.scratch / f"{task.attempts}"
                task.job = task.job.model_copy(update={"number": self._numbers, "folder": folder, "stop": task.stop})
                try:
                    folder.mkdir()
                except OSError as error:
                    broken.append((task, error))
                    continue
                self._running[self._numbers] = task
                try:
                    self._zygote.send(Order(start=task.job))
                except ValueError as error:
                    del self._running[self._numbers]
                    broken.append((task, error))
                except OSError:
                    return  # it has just died: `_died` puts what runs in front of what waits
        for task, fault in broken:
            _fail(task, CheckFailed(f"the check could not be started: {fault}"))

    def _started(self, message: Started) -> None:
        with self._lock:
            if (task := self._running.get(message.started)) is not None:
                task.process = message.process

    def _ended(self, message: Ended) -> None:
        with self._lock:
            task = self._running.pop(message.ended, None)
        if task is not None:
            self._settle(task, message)
        self._dispatch()

    def _settle(self, task: _Task, ended: Ended) -> None:
        """Take a result, or decide what a job that gave none means."""
        task.spent = Cost(
            cpu_seconds=round(task.spent.cpu_seconds + ended.cpu_seconds, 3),
            wall_seconds=round(task.spent.wall_seconds + ended.wall_seconds, 3),
            peak_memory=max(task.spent.peak_memory, ended.peak_memory),
        )
        if task.future.done():
            return
        if ended.status == 0 and ended.stop is None:
            try:
                result = _read_result(task)
            except (OSError, ValidationError, ValueError) as error:
                _fail(task, CheckFailed(f"the result of the check cannot be read: {error}"))
            else:
                _resolve(task, result)
            return
        stop, text = _reason(task.job.folder, ended)
        if stop is None or task.stop is not None:
            # Nor could the refusal be written: it looks into no file, so nobody's file is at fault.
            _fail(task, CheckFailed(text or f"the process that judged ended with {ended.status}"))
        elif stop == "CHECK_BROKE_OFF" and ended.status == -signal.SIGKILL and not task.retried:
            # Killed by nobody here: the system ran short of memory, or somebody ended it by hand.
            task.retried = True
            self._again(task)
        else:
            _log.warning("check of a %s file stopped: %s\n%s", task.job.feed, stop, text)
            if task.job.kind == "unpack":
                _resolve(task, self._archive_refused(stop, task.spent))
            else:
                task.stop = stop
                self._again(task)

    def _again(self, task: _Task) -> None:
        with self._lock:
            self._waiting.insert(0, task)

    def _archive_refused(self, stop: Stop, cost: Cost) -> Unpacked:
        rule = load_rules(self._project.expectations / "rules.yml")[stop]
        return Unpacked(
            files=(), problems=(ArchiveProblem(code=stop, message=rule.message, cure=rule.cure),), cost=cost
        )

    def _died(self, zygote: Zygote, was_ready: bool, complaints: str) -> None:
        """Start another zygote; what it was doing is tried once more."""
        with self._lock:
            if zygote is not self._zygote:
                return  # the pool was closed
            self._zygote = None
            lost, self._running = list(self._running.values()), {}
            self._failed_starts = 0 if was_ready else self._failed_starts + 1
            hopeless: list[_Task] = [task for task in lost if task.retried]
            again = [task for task in lost if not task.retried]
            for task in again:
                task.retried = True
            self._waiting = again + self._waiting
            if self._failed_starts >= _MOST_STARTS:
                hopeless += self._waiting
                self._waiting, self._failed_starts = [], 0
            elif self._waiting or was_ready:
                self._living()
        for task in lost:
            Zygote.end_group(task.process)
        _log.error("the zygote of the checks died; %d checks are tried again\n%s", len(again), complaints)
        for task in hopeless:
            _fail(task, CheckFailed(f"the process that judges has died: {complaints}"))
        self._dispatch()

    def _cancelled(self, task: _Task) -> None:
        with self._lock:
            if task in self._waiting:
                self._waiting.remove(task)
            elif self._zygote is not None and task.job.number in self._running:
                with suppress(OSError):  # it has died, and its jobs with it
                    self._zygote.send(Order(stop=task.job.number))


def _read_result(task: _Task) -> CheckResult | Unpacked:
    """Read what a child has left; it was a stranger's file that the child read, so its paths are held against ours."""
    text = (task.job.folder / RESULT).read_text(encoding="utf-8")
    result = (CheckResult if task.job.kind == "check" else Unpacked).model_validate(json.loads(text))
    paths = (
        [result.issues, *result.reports, *([result.accepted] if result.accepted else [])]
        if isinstance(result, CheckResult)
        else [file.path for file in result.files]
    )
    for path in paths:
        if path.is_symlink() or not path.resolve().is_relative_to(task.job.folder) or not path.is_file():
            raise ValueError(f"{path} is no file of the job")
    return result.model_copy(update={"cost": task.spent})


def _reason(folder: Path, ended: Ended) -> tuple[Stop | None, str]:
    """Return the limit that ended a job, None where the platform is at fault, and what its processes wrote."""
    if ended.stop is not None:
        return ended.stop, ""
    try:
        failure = Failure.model_validate_json((folder / FAILURE).read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return _STOPS.get(-ended.status, "CHECK_BROKE_OFF"), f"exit {ended.status}"
    return failure.stop, failure.text


def _resolve(task: _Task, result: CheckResult | Unpacked) -> None:
    if not task.future.done() and task.future.set_running_or_notify_cancel():
        task.future.set_result(result)


def _fail(task: _Task, error: CheckFailed) -> None:
    if not task.future.done() and task.future.set_running_or_notify_cancel():
        task.future.set_exception(error)
