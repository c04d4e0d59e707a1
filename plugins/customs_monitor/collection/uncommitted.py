"""Objects that count for nothing until another object, written last, commits them."""

from __future__ import annotations

from pathlib import Path

from customs_storage import ObjectExists, ObjectStore


def put_uncommitted(store: ObjectStore, key: str, path: Path) -> None:
    """Store a file's bytes under a key whose commit marker (receipt, judgement record) is not there yet.

    What a killed run of other code has left under the key was never committed and gives way.

    Args:
        store: the store.
        key: the object's key.
        path: the file.
    """
    try:
        store.put(key, path)
    except ObjectExists:
        store.delete(key)
        store.put(key, path)
