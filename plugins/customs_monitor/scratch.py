"""Folders for working files, which do not outlive their process for long.

A process that ends removes its folder. One that is killed cannot; the next one that needs a folder finds it and removes
it: each folder holds a file on which its owner has a `flock`, and the kernel drops that with the process.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "customs-monitor-"
_OWNER = ".owner"
#: A folder without the owner's file is a new one, or one that another version of the platform has left.
_UNOWNED_SECONDS = 86_400.0


@contextmanager
def working_folder() -> Iterator[Path]:
    """Give a new, empty folder below the system's temporary one, as long as the block runs."""
    remove_abandoned()
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        owner = os.open(folder / _OWNER, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(owner, fcntl.LOCK_EX)
        if os.fstat(owner).st_nlink:
            break
        os.close(owner)  # removed as abandoned between its creation and its lock
    try:
        inner = folder / "files"
        inner.mkdir()
        yield inner
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(owner)


def remove_abandoned() -> list[Path]:
    """Remove this user's working folders whose process was killed, and return them."""
    removed = []
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            status = folder.lstat()
            if folder.is_symlink() or not folder.is_dir() or status.st_uid != os.geteuid():
                continue
            if _removed_if_abandoned(folder, status.st_mtime):
                removed.append(folder)
        except FileNotFoundError:
            continue  # its process has ended
    return removed


def _removed_if_abandoned(folder: Path, modified: float) -> bool:
    """Remove a folder if nobody holds its lock; tell whether it was removed."""
    try:
        owner = os.open(folder / _OWNER, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        if time.time() - modified < _UNOWNED_SECONDS:
            return False
        shutil.rmtree(folder, ignore_errors=True)
        return True
    try:
        fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(owner)
