"""What only a store in a folder can get wrong."""

from __future__ import annotations

import errno
import io
import os
import resource
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customs_storage import ObjectNotFound, StoreError, open_store

segments = st.text(
    st.characters(codec="utf-8", exclude_characters="/", exclude_categories=["Cc"]), min_size=1, max_size=4
)
keys = (
    st.lists(segments, min_size=1, max_size=4)
    .map("/".join)
    .filter(lambda key: not key.startswith(".") and not {".", ".."} & set(key.split("/")))
)


def without_files_that_are_folders(found: set[str]) -> set[str]:
    return {key for key in found if not any(other.startswith(f"{key}/") for other in found)}


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=st.sets(keys, max_size=12), prefix=st.text("ab./", max_size=3), start_after=keys | st.none())
def test_a_folder_is_listed_like_a_bucket(
    tmp_path_factory: pytest.TempPathFactory, found: set[str], prefix: str, start_after: str | None
) -> None:
    root = tmp_path_factory.mktemp("store")
    objects = without_files_that_are_folders(found | {"a/b", "a.b", "a/b.a", "b/a/a"})
    for key in objects:
        path = root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    prefix = next((key[: len(prefix)] for key in sorted(objects) if len(prefix) <= len(key)), "")

    listed = [info.key for info in open_store(root).list(prefix, start_after)]

    expected = [key for key in objects if key.startswith(prefix) and key.encode() > (start_after or "").encode()]
    assert listed == sorted(expected, key=str.encode)


def test_a_folder_is_only_made_by_a_write(tmp_path: Path) -> None:
    store = open_store(tmp_path / "new")

    assert list(store.list()) == []
    assert list(store.folders("")) == []
    assert store.head("k") is None
    assert not (tmp_path / "new").exists()
    store.put("k", b"1")
    assert store.local_path("k") == tmp_path / "new" / "k"
    assert store.local_path("missing") is None


def test_a_store_cannot_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreError, match="is a file: name a folder"):
        open_store(tmp_path / "file")


def test_a_link_out_of_the_store_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    store = open_store(tmp_path / "store")
    store.put("a/k", b"1")
    (tmp_path / "store" / "a" / "folder").symlink_to(outside)
    (tmp_path / "store" / "a" / "file").symlink_to(outside / "secret")

    for key in ("a/folder/secret", "a/file"):
        for call in (store.get, store.head, store.delete, lambda key: store.put(key, b"")):
            with pytest.raises(StoreError, match="symbolic link"):
                call(key)
    for prefix in ("a/", "a/folder/"):
        with pytest.raises(StoreError, match="symbolic link"):
            list(store.list(prefix))
    with pytest.raises(StoreError, match="symbolic link"):
        list(store.folders("a/folder/"))
    assert (outside / "secret").read_bytes() == b"secret"


def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    open_store(tmp_path / "link").put("k", b"1")

    assert open_store(tmp_path / "real").get("k") == b"1"


def test_an_object_and_a_folder_cannot_share_a_name(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.put("a/b", b"1")

    with pytest.raises(StoreError, match="a is a folder"):
        store.put("a", b"2")
    with pytest.raises(StoreError, match="a/b/c cannot be written"):
        store.put("a/b/c", b"2")
    with pytest.raises(ObjectNotFound):
        store.get("a")
    assert [info.key for info in store.list()] == ["a/b"]


def test_an_empty_folder_is_no_folder_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "a" / "left-by-a-kill").mkdir(parents=True)

    assert list(open_store(tmp_path).folders("")) == []
    assert list(open_store(tmp_path).folders("a/")) == []


def test_a_version_is_never_taken_for_a_later_one(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    etag = store.compare_and_set("k", b"0", None)
    seen = {etag}
    for number in range(1, 40):
        # A clock that was set back must not bring back an etag.
        os.utime(tmp_path / "k", ns=(2**62, 2**62 + number))
        etag = store.compare_and_set("k", str(number % 10).encode(), store.get_version("k")[1])
        assert etag not in seen
        seen.add(etag)


def test_a_source_that_fails_leaves_nothing(tmp_path: Path) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(errno.EIO, "input/output error")

    store = open_store(tmp_path)
    with pytest.raises(StoreError, match=r"a/k cannot be written.*input/output error"):
        store.put("a/k", Failing(b"x"))

    assert list(store.list()) == []
    assert list((tmp_path / ".tmp").iterdir()) == []


def test_a_full_disk_is_explained(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limit[1]))
    try:
        with pytest.raises(StoreError, match="a/k cannot be written"):
            store.put("a/k", bytes(3_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert list(store.list()) == []
    assert list((tmp_path / ".tmp").iterdir()) == []
