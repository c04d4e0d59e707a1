"""What a store promises when several processes write at once, and when one is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from customs_storage import StoreBusy, open_store

if TYPE_CHECKING:
    from conftest import SharedStore

WRITERS = 5
ROUNDS = 8

RACE = """
import sys
from customs_storage import PreconditionFailed, open_store
store, me, rounds = open_store(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for number in range(rounds):
    if store.put_if_absent(f"claims/{number}", me.encode() * 1000):
        print(f"claim {number}")
    try:
        store.compare_and_set(f"sets/{number}", me.encode() * 1000, None)
        print(f"set {number}")
    except PreconditionFailed:
        pass
"""

COUNT = """
import sys
from customs_storage import PreconditionFailed, open_store
store, rounds = open_store(sys.argv[1]), int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(rounds):
    while True:
        data, etag = store.get_version("counter")
        try:
            store.compare_and_set("counter", str(int(data) + 1).encode(), etag)
            break
        except PreconditionFailed:
            pass
"""

HALF_A_PUT = """
import io, sys, time
from customs_storage import open_store

class Stuck(io.RawIOBase):
    given = 0
    def readable(self): return True
    def readinto(self, buffer):
        if self.given > 3_000_000:
            print("half", flush=True)
            time.sleep(600)
        self.given += len(buffer)
        return len(buffer)

open_store(sys.argv[1]).put("a/b", Stuck())
"""

SWAPPING = """
import sys
from customs_storage import open_store
store = open_store(sys.argv[1])
etag, letter = None, 0
while True:
    letter = (letter + 1) % 26
    etag = store.compare_and_set("k", bytes([65 + letter]) * 300_000, etag)
    store.put_if_absent(f"n/{letter}", bytes([65 + letter]) * 300_000)
    print("swapped", flush=True)
"""

HOLDING = """
import sys, time
from customs_storage import open_store
with open_store(sys.argv[1]).lock("one writer", wait=0):
    print("held", flush=True)
    time.sleep(600)
"""


def start(script: str, store: SharedStore | str, *arguments: str) -> subprocess.Popen[str]:
    url, environment = (store, {}) if isinstance(store, str) else (store.url, store.environment)
    return subprocess.Popen(
        [sys.executable, "-c", script, url, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def race(script: str, store: SharedStore, rounds: int) -> list[str]:
    """Let several processes loose at the same moment and return all that they print."""
    writers = [start(script, store, str(number), str(rounds)) for number in range(WRITERS)]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    printed = [writer.communicate(timeout=120)[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * WRITERS
    return [line for text in printed for line in text.splitlines()]


def kill_after(process: subprocess.Popen[str], line: str, times: int = 1) -> None:
    assert process.stdout is not None
    for _ in range(times):
        assert process.stdout.readline() == line
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_of_many_writers_of_one_key_exactly_one_wins(shared_store: SharedStore) -> None:
    won = race(RACE, shared_store, ROUNDS)

    assert sorted(won) == sorted(f"{kind} {number}" for kind in ("claim", "set") for number in range(ROUNDS))
    store = shared_store.open()
    for info in store.list():
        data = store.get(info.key)
        assert data == data[:1] * 1000, "one writer's bytes, whole"


def test_no_update_is_lost(shared_store: SharedStore) -> None:
    store = shared_store.open()
    store.compare_and_set("counter", b"0", None)

    race(COUNT, shared_store, ROUNDS)

    assert int(store.get("counter")) == WRITERS * ROUNDS


def test_a_writer_killed_halfway_leaves_nothing_to_see(shared_store: SharedStore) -> None:
    kill_after(start(HALF_A_PUT, shared_store), "half\n")

    store = shared_store.open()
    assert list(store.list()) == []
    assert list(store.folders("")) == []
    assert store.head("a/b") is None
    assert store.put_if_absent("a/b", b"the next run's")


@pytest.mark.parametrize("swaps", [1, 2, 3, 5, 8, 13])
def test_a_reader_sees_whole_versions_only(shared_store: SharedStore, swaps: int) -> None:
    kill_after(start(SWAPPING, shared_store), "swapped\n", swaps)

    store = shared_store.open()
    objects = {info.key: store.get(info.key) for info in store.list()}
    assert len(objects) >= swaps + 1
    for data in objects.values():
        assert data == data[:1] * 300_000
    _, etag = store.get_version("k")
    assert store.compare_and_set("k", b"the next run's", etag)


def test_what_killed_writers_left_is_swept_away(tmp_path: Path) -> None:
    url = tmp_path.as_uri()
    kill_after(start(SWAPPING, url), "swapped\n")
    (tmp_path / ".tmp").mkdir(exist_ok=True)
    (tmp_path / ".tmp" / "left-by-a-killed-writer").write_bytes(b"half")

    open_store(url).put("next", b"1")

    assert list((tmp_path / ".tmp").iterdir()) == []


def test_a_file_that_is_being_written_is_not_swept_away(tmp_path: Path) -> None:
    writer = start(HALF_A_PUT.replace("time.sleep(600)", "sys.stdin.readline(); return 0"), tmp_path.as_uri())
    assert writer.stdout is not None
    assert writer.stdout.readline() == "half\n"

    open_store(tmp_path).put("other", b"1")
    writer.communicate("go on\n", timeout=60)

    assert writer.returncode == 0
    found = open_store(tmp_path).head("a/b")
    assert found is not None
    assert found.size > 3_000_000


def test_a_lock_is_exclusive_and_dies_with_its_holder(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    holder = start(HOLDING, tmp_path.as_uri())
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"

    with pytest.raises(StoreBusy, match="one writer"), store.lock("one writer", wait=0.05):
        pass
    holder.kill()
    holder.communicate()
    with store.lock("one writer", wait=10), pytest.raises(StoreBusy), store.lock("one writer", wait=0):
        pass
