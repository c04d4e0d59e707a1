"""Work for processes that work side by side: what a worker imports cannot lie in a test module."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable


def shouted(item: str, doing: Callable[[str], None]) -> str:
    """Return the item in capitals; some items go wrong in ways of their own."""
    doing(f"shouting {item}")
    if item == "raise":
        raise ValueError("nothing to shout")
    if item == "die":
        os._exit(7)
    return item.upper()


def asleep(item: str, doing: Callable[[str], None]) -> str:
    """Say which process this is, and never come to an end."""
    doing(str(os.getpid()))
    time.sleep(3600)
    return item


def sleep_in_workers() -> None:
    """Print the ids of two workers that sleep, and wait for them."""
    from customs_monitor.collection.workers import side_by_side

    for _ in side_by_side(asleep, ["one", "other"], 2, lambda pid: print(pid, flush=True)):
        pass


_HELD: list[object] = []


def held(item: str, doing: Callable[[str], None]) -> str:
    """Return the item, and hold a semaphore from then on, as libraries do that take a lock when imported."""
    _HELD.append(multiprocessing.Lock())
    return item


if __name__ == "__main__":
    sleep_in_workers()
