"""The process that others are forked from: libraries and contracts are loaded, and no thread of Python runs.

It is a program of its own (`zygote_start`): a fork of a server with threads would copy its locks and its secrets. It
has an environment of a few variables, and reads no file of a sender. It ends when the pool's end of the channel is
closed, and takes its children with it.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import signal
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from customs_monitor.checking import work
from customs_monitor.checking.isolation import anonymous_memory, renounce, tasks_of_user
from customs_monitor.checking.jobs import Answer, Ended, Job, Order, Ready, Started, Stop, receive, send
from customs_monitor.checking.limits import CheckLimits

#: Between two looks at what a job uses, in seconds; a process fills about 50 MB in that time.
_LOOK = 0.02
#: Between two looks at the size of its folder.
_LOOK_AT_FOLDER = 0.5


@dataclass
class _Running:
    job: Job
    process: int
    handle: int
    began: float
    looked_at_folder: float
    peak: int = 0
    stop: Stop | None = None


class _Zygote:
    def __init__(self, channel: socket.socket, limits: CheckLimits) -> None:
        self._channel = channel
        self._limits = limits
        self._registry = work.load()
        self._tasks = tasks_of_user()
        self._running: dict[int, _Running] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(channel, selectors.EVENT_READ, None)
        # What lives now is shared with every child; a collection would write to it, and so copy it.
        gc.collect()
        gc.freeze()

    def serve(self) -> None:
        """Start and watch jobs until the pool has gone."""
        while True:
            for key, _ in self._selector.select(_LOOK if self._running else None):
                if key.data is not None:
                    self._reap(key.data)
                elif packet := receive(self._channel):
                    self._obey(Order.model_validate_json(packet))
                else:
                    self._end_all()
                    return
            for running in self._running.values():
                self._watch(running)

    def _obey(self, order: Order) -> None:
        if order.start is not None:
            self._start(order.start)
        elif (running := self._running.get(order.stop or 0)) is not None:
            _kill(running.process)

    def _start(self, job: Job) -> None:
        parent = os.getpid()
        process = os.fork()
        if process == 0:
            # Nothing of this may return to the loop above.
            try:
                self._become_child()
                work.do(job, self._registry, _bounds(job, self._limits), parent, self._tasks)
            finally:
                os._exit(1)
        with suppress(OSError):  # the child does the same; whoever comes first
            os.setpgid(process, process)
        now = time.monotonic()
        running = _Running(job, process, os.pidfd_open(process), now, now)
        self._running[job.number] = running
        self._selector.register(running.handle, selectors.EVENT_READ, running)
        send(self._channel, Answer(answer=Started(started=job.number, process=process)))

    def _become_child(self) -> None:
        os.setpgid(0, 0)
        self._selector.close()
        self._channel.close()
        for other in self._running.values():
            os.close(other.handle)

    def _watch(self, running: _Running) -> None:
        """End a job that uses more than it may."""
        limits, now = _bounds(running.job, self._limits), time.monotonic()
        running.peak = max(running.peak, anonymous_memory(running.process))
        stop: Stop | None = None
        if running.peak > limits.memory:
            stop = "CHECK_NEEDS_MEMORY"
        elif now - running.began > limits.wall_seconds:
            stop = "CHECK_NEEDS_TIME"
        elif now - running.looked_at_folder > _LOOK_AT_FOLDER:
            running.looked_at_folder = now
            if _size(running.job.folder) > limits.scratch_bytes:
                stop = "CHECK_NEEDS_SPACE"
        if stop is not None and running.stop is None:
            running.stop = stop
            _kill(running.process)

    def _reap(self, running: _Running) -> None:
        # What the child has started must not outlive it. The group has its number until the child is waited for.
        _kill(running.process)
        _, status, usage = os.wait4(running.process, 0)
        self._selector.unregister(running.handle)
        os.close(running.handle)
        del self._running[running.job.number]
        send(
            self._channel,
            Answer(
                answer=Ended(
                    ended=running.job.number,
                    status=os.waitstatus_to_exitcode(status),
                    stop=running.stop,
                    cpu_seconds=round(usage.ru_utime + usage.ru_stime, 3),
                    wall_seconds=round(time.monotonic() - running.began, 3),
                    peak_memory=running.peak,
                )
            ),
        )

    def _end_all(self) -> None:
        for running in self._running.values():
            _kill(running.process)


def _bounds(job: Job, limits: CheckLimits) -> CheckLimits:
    """Return the limits of a job; a refusal looks into no file, and must not fail by what stopped the check."""
    return limits if job.stop is None else CheckLimits()


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)


def _size(folder: Path) -> int:
    """Return the bytes that the files of a folder take on disk."""
    total = 0
    pending = [folder]
    while pending:
        with suppress(OSError), os.scandir(pending.pop()) as entries:  # the job removes files meanwhile
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(Path(entry.path))
                else:
                    with suppress(OSError):
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total


def serve(channel: int, limits: str, network: str) -> None:
    """Serve until the pool has gone.

    Args:
        channel: descriptor of the socket to the pool.
        limits: `CheckLimits` as JSON.
        network: `isolated` or `not isolated`, for the pool to tell.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this process in its order
    pool = socket.socket(fileno=channel)
    renounce()
    zygote = _Zygote(pool, CheckLimits(**json.loads(limits)))
    send(pool, Answer(answer=Ready.model_validate({"network": network})))
    with suppress(BrokenPipeError, ConnectionError):  # the pool went while it was told something
        zygote.serve()
