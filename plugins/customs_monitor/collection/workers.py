"""Processes that do independent pieces of work side by side.

They are forked from a server process that has imported what the work needs, once, and has no threads of its own: a
fork of this process would copy those of DuckDB and Arrow in any state. No worker outlives the process that asked for
it, however that ends: a worker that went on after a `kill -9` would hold locks that the next run waits for.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection, forkserver
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
#: Is given an item and a function that takes what is being done now; a function of a module, for it is pickled.
Work = Callable[[Item, Callable[[str], None]], Result]

#: Seconds in which a worker without work ends.
_PATIENCE = 5.0
_CONTEXT = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class Failure:
    """An exception, as text: not every exception can be handed from process to process.

    Attributes:
        told: its type and message.
        trace: where it came from.
    """

    told: str
    trace: str = ""

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """Return what there is to tell of an exception."""
        return cls(f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error)))


def prepare(modules: Sequence[str]) -> None:
    """Start the server process, which imports the modules while this one goes on.

    Args:
        modules: their names; importing them must start no thread.
    """
    _CONTEXT.set_forkserver_preload(list(modules))
    forkserver.ensure_running()


@dataclass
class _Worker(Generic[Item]):
    process: BaseProcess
    connection: Connection
    item: Item | None = None


def side_by_side(
    work: Work[Item, Result], items: Sequence[Item], workers: int, doing: Callable[[str], None]
) -> Iterator[tuple[Item, Result | Failure]]:
    """Do the work for each item, and hand on each result as it comes.

    Args:
        work: what is done; an exception it raises gives a failure as result.
        items: begun in their order.
        workers: how many processes, at most.
        doing: is told what is being done, whenever a worker says so.
    """
    waiting = list(reversed(items))
    crew = [_start(work) for _ in range(min(workers, len(items)))]
    try:
        for worker in crew:
            _hand_out(worker, waiting)
        while busy := {worker.connection: worker for worker in crew if worker.item is not None}:
            for ready in connection.wait(list(busy)):
                worker = busy[ready]  # type: ignore[index]
                item = worker.item
                assert item is not None
                try:
                    kind, value = worker.connection.recv()
                except (EOFError, ConnectionResetError):
                    worker.process.join()
                    yield (
                        item,
                        Failure(
                            f"the process that worked on it ended with code {worker.process.exitcode}; "
                            "most often the system had no memory left for it"
                        ),
                    )
                    crew[crew.index(worker)] = worker = _start(work)
                    _hand_out(worker, waiting)
                    continue
                if kind == "doing":
                    doing(value)
                    continue
                _hand_out(worker, waiting)
                yield item, value
    finally:
        for worker in crew:
            _end(worker)


def _start(work: Work[Any, Any]) -> _Worker[Any]:
    ours, theirs = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=_serve, args=(theirs, work), daemon=False)
    process.start()
    # With the worker's end open here, its death would not be seen.
    theirs.close()
    return _Worker(process, ours)


def _end(worker: _Worker[Any]) -> None:
    """Let a worker that waits end by itself, and so give back what it has of the system; stop one at work."""
    if worker.item is not None:
        worker.process.kill()
    worker.connection.close()
    worker.process.join(_PATIENCE)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()


def _hand_out(worker: _Worker[Item], waiting: list[Item]) -> None:
    worker.item = waiting.pop() if waiting else None
    if worker.item is not None:
        # A worker that is dead is found out by the one who reads.
        with contextlib.suppress(BrokenPipeError):
            worker.connection.send(worker.item)


def _serve(channel: Connection, work: Work[Any, Any]) -> None:
    """Work on what comes in, in the worker, until it is ended."""
    # Ctrl-C reaches the whole group: the process that asked decides what becomes of its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            item = channel.recv()
        except EOFError:
            return
        try:
            result = work(item, lambda text: channel.send(("doing", text)))
        except Exception as error:
            result = Failure.of(error)
        channel.send(("done", result))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)
