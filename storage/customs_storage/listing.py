"""The files of a folder tree in the order in which S3 lists keys.

S3 sorts whole keys by their UTF-8 bytes. A walk that sorts each folder by name does not: the folder `a` holds the key
`a/b`, which sorts after the file `a.b` because `.` (0x2E) comes before `/` (0x2F), although `a` sorts before `a.b`.
So a folder takes its place as `a/`. Memory is bound by the largest single folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from customs_storage.errors import StoreError


def walk(root: Path, prefix: str, start_after: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield key and status of every file below `root` whose key starts with `prefix` and sorts after `start_after`.

    Args:
        root: the store's folder; may be absent.
        prefix: any text, not only whole segments.
        start_after: a key, or text that sorts like one; empty for the beginning.

    Raises:
        StoreError: if a symbolic link lies there.
    """
    yield from _walk(root, prefix.rpartition("/")[0], prefix, os.fsencode(start_after))


def folders_below(root: Path, prefix: str) -> Iterator[str]:
    """Yield, sorted as S3 sorts them, the subfolders of `prefix` that hold a file at any depth."""
    for name, entry in _entries(root, prefix.rstrip("/")):
        if name.endswith("/") and next(walk(root, f"{prefix}{name}", ""), None) is not None:
            yield entry.name


def _walk(root: Path, folder: str, prefix: str, start_after: bytes) -> Iterator[tuple[str, os.stat_result]]:
    for name, entry in _entries(root, folder):
        key = f"{folder}/{name}" if folder else name
        encoded = os.fsencode(key)
        if name.endswith("/"):
            beyond = encoded > start_after or start_after.startswith(encoded)
            if beyond and (key.startswith(prefix) or prefix.startswith(key)):
                yield from _walk(root, key[:-1], prefix, start_after)
        elif encoded > start_after and key.startswith(prefix):
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # deleted since the folder was read
            yield key, status


def _entries(root: Path, folder: str) -> list[tuple[str, os.DirEntry[str]]]:
    path = root / folder
    try:
        with os.scandir(path) as entries:
            # Hidden entries of the root are the store's own: temporary files and locks.
            named = [(_sort_name(entry), entry) for entry in entries if folder or not entry.name.startswith(".")]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(named, key=lambda pair: os.fsencode(pair[0]))


def _sort_name(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        raise StoreError(f"{entry.path} is a symbolic link, which no store has: put the file itself there")
    return f"{entry.name}/" if entry.is_dir() else entry.name
