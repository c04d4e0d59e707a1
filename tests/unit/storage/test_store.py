"""What every store promises, whatever it is made of."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from customs_storage import (
    InvalidKey,
    ObjectExists,
    ObjectNotFound,
    ObjectStore,
    PreconditionFailed,
)
from customs_storage.hashing import sha256_of

LARGE = bytes(range(256)) * 12_000
"""More than the 1 MiB that is read at a time."""


class OneWayStream(io.RawIOBase):
    """Bytes that come once, as from a pipe."""

    def __init__(self, data: bytes) -> None:
        self._inner = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return self._inner.readinto(buffer)


def keys(store: ObjectStore, prefix: str = "", start_after: str | None = None) -> list[str]:
    return [info.key for info in store.list(prefix, start_after)]


@pytest.mark.parametrize("data", [b"", b"x", LARGE], ids=["empty", "byte", "large"])
def test_what_is_put_is_got(store: ObjectStore, tmp_path: Path, data: bytes) -> None:
    info = store.put("a/b.csv", data)

    assert (info.key, info.size) == ("a/b.csv", len(data))
    assert store.get("a/b.csv") == data
    assert store.head("a/b.csv") == info
    assert store.sha256("a/b.csv") == sha256_of(data)
    assert store.download("a/b.csv", tmp_path / "copy").read_bytes() == data
    assert abs(info.modified - datetime.now(UTC)) < timedelta(minutes=5)


def test_every_kind_of_source_gives_the_same_object(store: ObjectStore, tmp_path: Path) -> None:
    file = tmp_path / "source"
    file.write_bytes(LARGE)
    advanced = io.BytesIO(b"skipped" + LARGE)
    advanced.seek(len(b"skipped"))

    with file.open("rb") as opened:
        sources = [LARGE, file, opened, OneWayStream(LARGE), advanced]
        for number, source in enumerate(sources):
            store.put(f"{number}", source)

    assert {store.sha256(str(number)) for number in range(len(sources))} == {sha256_of(LARGE)}


def test_an_object_is_read_as_a_stream(store: ObjectStore) -> None:
    store.put("k", LARGE)

    with store.open("k") as stream:
        assert stream.read(10) == LARGE[:10]
        assert stream.read() == LARGE[10:]
        assert stream.read() == b""


def test_a_missing_object_is_told_apart(store: ObjectStore, tmp_path: Path) -> None:
    store.put("a/b", b"1")

    for key in ("missing", "a", "a/b/c"):
        assert store.head(key) is None
        with pytest.raises(ObjectNotFound, match=key):
            store.get(key)
        with pytest.raises(ObjectNotFound, match=key):
            store.sha256(key)
        with pytest.raises(ObjectNotFound, match=key):
            store.download(key, tmp_path / "copy")
    assert list(tmp_path.glob("*cop*")) == []


@pytest.mark.parametrize("data", [b"", b"small", LARGE], ids=["empty", "small", "large"])
def test_the_same_bytes_again_change_nothing(store: ObjectStore, data: bytes) -> None:
    first = store.put("k", data)

    assert store.put("k", data) == first
    assert store.put("k", OneWayStream(data)) == first


def test_other_bytes_under_the_same_key_are_refused(store: ObjectStore) -> None:
    store.put("k", b"one")

    with pytest.raises(ObjectExists, match="k exists with other bytes"):
        store.put("k", b"two")
    assert store.get("k") == b"one"


def test_put_if_absent_leaves_what_is_there(store: ObjectStore) -> None:
    assert store.put_if_absent("k", b"one")
    assert not store.put_if_absent("k", b"two")
    assert not store.put_if_absent("k", b"one"), "equal bytes do not make the second claimant the first"
    assert store.get("k") == b"one"


def test_compare_and_set_creates_and_replaces(store: ObjectStore) -> None:
    first = store.compare_and_set("k", b"one", None)
    assert store.get_version("k") == (b"one", first)

    second = store.compare_and_set("k", b"two", first)
    assert store.get_version("k") == (b"two", second)
    head = store.head("k")
    assert head is not None
    assert head.etag == second
    assert [info.etag for info in store.list()] == [second]


def test_compare_and_set_refuses_what_the_writer_has_not_seen(store: ObjectStore) -> None:
    first = store.compare_and_set("k", b"one", None)
    second = store.compare_and_set("k", b"two", first)

    for expected in (None, first):
        with pytest.raises(PreconditionFailed, match="k was to be"):
            store.compare_and_set("k", b"three", expected)
    with pytest.raises(PreconditionFailed, match="missing was to be"):
        store.compare_and_set("missing", b"three", second)
    assert store.get_version("k") == (b"two", second)
    assert store.head("missing") is None


def test_a_delete_takes_one_object_and_is_repeatable(store: ObjectStore) -> None:
    for key in ("a/b/c", "a/b/d", "e"):
        store.put(key, b"1")

    store.delete("a/b/c")
    store.delete("a/b/c")
    store.delete("never/there")
    assert keys(store) == ["a/b/d", "e"]

    store.delete("a/b/d")
    assert list(store.folders("")) == []
    assert store.put("a/b", b"now a file").size == 10


def test_keys_are_listed_in_the_order_of_their_bytes(store: ObjectStore) -> None:
    names = ["a b", "a.b", "a/b", "a0", "a/c/x", "B", "é", "ÿ/z", "z"]
    for name in names:
        store.put(name, name.encode())

    ordered = sorted(names, key=str.encode)
    assert keys(store) == ordered
    assert [info.size for info in store.list()] == [len(name.encode()) for name in ordered]
    for name in ordered:
        assert keys(store, start_after=name) == ordered[ordered.index(name) + 1 :]
    assert keys(store, "a") == ["a b", "a.b", "a/b", "a/c/x", "a0"]
    assert keys(store, "a/") == ["a/b", "a/c/x"]
    assert keys(store, "a/c/x") == ["a/c/x"]
    assert keys(store, "a/", start_after="a/b") == ["a/c/x"]
    assert keys(store, "nothing/here") == []


def test_folders_show_one_level_only(store: ObjectStore) -> None:
    for key in ("a/x/1", "a/x.y/1", "a/x0/y/z", "a/file", "b/1"):
        store.put(key, b"")

    assert list(store.folders("")) == ["a", "b"]
    assert list(store.folders("a/")) == ["x.y", "x", "x0"], "in the order of a/x.y/, a/x/, a/x0/"
    assert list(store.folders("a/x/")) == []
    assert list(store.folders("missing/")) == []
    with pytest.raises(InvalidKey, match="does not end in '/'"):
        list(store.folders("a"))


def test_a_listing_longer_than_a_page_is_whole(store: ObjectStore) -> None:
    expected = [f"many/{number:04}" for number in range(1_003)]
    for key in expected:
        store.put_if_absent(key, b"")

    assert keys(store, "many/") == expected
    assert keys(store, "many/", start_after="many/0999") == ["many/1000", "many/1001", "many/1002"]


NO_KEYS = [
    *("", "/", "/etc/passwd", "a/", "a//b", "../x", "a/../../x", "a/./b", ".", "..", ".locks/x", ".tmp/x"),
    *("a\0b", "a\nb", "a\x7fb", "\udcff", "x" * 256, "/".join(["x" * 100] * 10)),
]


def test_what_is_no_key_is_refused_everywhere(store: ObjectStore, tmp_path: Path) -> None:
    calls: list[Callable[[str], object]] = [
        store.get,
        store.open,
        store.head,
        store.delete,
        store.local_path,
        store.sha256,
        lambda key: store.put(key, b""),
        lambda key: store.put_if_absent(key, b""),
        lambda key: store.compare_and_set(key, b"", None),
        lambda key: store.download(key, tmp_path / "copy"),
    ]
    for key in NO_KEYS:
        for call in calls:
            with pytest.raises(InvalidKey, match="is no key"):
                call(key)


@pytest.mark.parametrize("prefix", ["../", "/etc/", "a/../../", ".locks/"])
def test_a_listing_does_not_leave_the_store(store: ObjectStore, prefix: str) -> None:
    with pytest.raises(InvalidKey):
        list(store.list(prefix))
    with pytest.raises(InvalidKey):
        list(store.folders(prefix))


def test_a_download_replaces_the_target_whole(store: ObjectStore, tmp_path: Path) -> None:
    store.put("k", b"new")
    target = tmp_path / "target"
    target.write_bytes(b"an older and longer file")

    assert store.download("k", target) == target
    assert target.read_bytes() == b"new"


def test_names_in_every_script_are_kept(store: ObjectStore) -> None:
    for key in ("Εισαγωγές/2026.csv", "България/данни.csv", "a/100% + more?#&=.csv"):
        store.put(key, key.encode())
        assert store.get(key) == key.encode()
        assert keys(store, key[:3]) == [key]


def test_two_locks_of_different_names_do_not_wait_for_each_other(store: ObjectStore) -> None:
    with store.lock("one", wait=0), store.lock("two/../" + "x" * 500, wait=0):
        store.put("k", b"")
    assert keys(store) == ["k"], "a lock is no object"
