"""The store in a local folder.

An object is a file under its key. It is written to a temporary file in the hidden folder `.tmp` of the same file
system, flushed, and only then linked to its place, which fails if there is one already: `link(2)` is the local
counterpart of `If-None-Match: *`. `compare_and_set` reads the version under a `flock` and renames into place.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import os
import shutil
import stat
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from customs_storage.errors import InvalidLocation, ObjectNotFound, PreconditionFailed, StoreBusy, StoreError
from customs_storage.hashing import CHUNK, Source, rewindable, sha256_of
from customs_storage.keys import check_folder, check_key, check_prefix
from customs_storage.listing import folders_below, walk
from customs_storage.store import ObjectInfo, ObjectStore

_TEMPORARY = ".tmp"
_LOCKS = ".locks"
_POLL_SECONDS = 0.02
_COMPARE_AND_SET_WAIT = 60.0
_LINK_ATTEMPTS = 100
_COPIED_AT_ONCE = 1 << 30


class LocalStore(ObjectStore):
    """Objects as files below one folder; see the module for how they get there."""

    def __init__(self, root: Path) -> None:
        """Take a folder as a store; it is created by the first write.

        Args:
            root: the folder; a symbolic link is followed once, here.

        Raises:
            InvalidLocation: if it is a file.
        """
        self._root = Path(os.path.realpath(root))
        if self._root.exists() and not self._root.is_dir():
            raise InvalidLocation(f"the store {self._root} is a file: name a folder")
        self.url = self._root.as_uri()
        self._swept = False

    def open(self, key: str) -> BinaryIO:
        """Open the object's file."""
        path = self._path(key)
        with _explained(self.url, key, "read"):
            try:
                if not stat.S_ISREG(path.stat().st_mode):
                    raise FileNotFoundError
                return path.open("rb")
            except (FileNotFoundError, NotADirectoryError):
                raise ObjectNotFound(f"{self.url}: there is no object {key}") from None

    def get_version(self, key: str) -> tuple[bytes, str]:
        """Read the object and its version from one file handle, which no replacement can divide."""
        with self.open(key) as stream, _explained(self.url, key, "read"):
            return stream.read(), _etag(os.fstat(stream.fileno()))

    def put_if_absent(self, key: str, source: Source) -> bool:
        """Write a temporary file and link it into place."""
        path = self._path(key)
        with rewindable(source) as stream, _explained(self.url, key, "written"):
            if self._occupied(path, key):
                return False
            with self._temporary() as (temporary, handle):
                _copy(stream, handle)
                _flush(handle)
                return self._link(temporary, path)

    def compare_and_set(self, key: str, data: bytes, expected: str | None) -> str:
        """Replace the file by rename, under the key's own lock."""
        path = self._path(key)
        with self.lock(f"set {key}", wait=_COMPARE_AND_SET_WAIT), _explained(self.url, key, "written"):
            current = path.stat() if self._occupied(path, key) else None
            found = _etag(current) if current else None
            if found != expected:
                raise _changed(self.url, key, expected, found)
            with self._temporary() as (temporary, handle):
                handle.write(data)
                handle.flush()
                if current:
                    # The etag is made of the time: it must move on even if the clock has not, or was set back.
                    moment = max(os.fstat(handle.fileno()).st_mtime_ns, current.st_mtime_ns + 1)
                    os.utime(handle.fileno(), ns=(moment, moment))
                _flush(handle)
                written = _etag(os.fstat(handle.fileno()))
                if current:
                    temporary.replace(path)
                    _sync_folder(path.parent)
                elif not self._link(temporary, path):
                    raise _changed(self.url, key, expected, "another")
            return written

    def head(self, key: str) -> ObjectInfo | None:
        """Look at the object's file."""
        path = self._path(key)
        with _explained(self.url, key, "read"):
            try:
                status = path.stat()
            except (FileNotFoundError, NotADirectoryError):
                return None
            return _info(key, status) if stat.S_ISREG(status.st_mode) else None

    def list(self, prefix: str = "", start_after: str | None = None) -> Iterator[ObjectInfo]:
        """Walk the folders in the order of the keys."""
        self._check_folder(check_prefix(prefix))
        with _explained(self.url, prefix, "listed"):
            for key, status in walk(self._root, prefix, start_after or ""):
                yield _info(key, status)

    def folders(self, prefix: str) -> Iterator[str]:
        """Read one folder; a subfolder without any object in it does not count, as on S3."""
        self._check_folder(check_folder(prefix))
        with _explained(self.url, prefix, "listed"):
            yield from folders_below(self._root, prefix)

    def delete(self, key: str) -> None:
        """Remove the file, and the folders that it leaves empty."""
        path = self._path(key)
        with _explained(self.url, key, "deleted"):
            try:
                path.unlink()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return
            _sync_folder(path.parent)
            for folder in path.parents:
                if folder == self._root:
                    return
                try:
                    folder.rmdir()
                except OSError:
                    return

    def local_path(self, key: str) -> Path | None:
        """Return the file itself."""
        return self._path(key) if self.head(key) else None

    @contextmanager
    def lock(self, name: str, *, wait: float) -> Iterator[None]:
        """Hold a `flock` on a file in `.locks`, which the kernel drops when the process ends, however it ends."""
        file_name = quote(name, safe=" ")
        if len(file_name) > 200:
            file_name = hashlib.sha256(name.encode()).hexdigest()
        path = self._root / _LOCKS / file_name
        with _explained(self.url, name, "locked"):
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            deadline = time.monotonic() + wait
            while not _try_lock(descriptor):
                if time.monotonic() >= deadline:
                    raise StoreBusy(
                        f"{self.url}: another process has held the lock {name!r} for {wait:g} s: wait for it"
                    )
                time.sleep(_POLL_SECONDS)
            yield
        finally:
            os.close(descriptor)

    def sha256(self, key: str) -> str:
        """Hash the file."""
        with self.open(key) as stream:
            return sha256_of(stream)

    def _path(self, key: str) -> Path:
        return self._without_links(self._root / check_key(key))

    def _check_folder(self, prefix: str) -> None:
        self._without_links(self._root / prefix.rpartition("/")[0])

    def _without_links(self, path: Path) -> Path:
        if os.path.realpath(path) != str(path):
            raise StoreError(f"{path} leads through a symbolic link, which no store has: put the file itself there")
        return path

    def _occupied(self, path: Path, key: str) -> bool:
        if path.is_dir():
            raise StoreError(f"{self.url}: {key} is a folder with objects in it, it cannot be an object too")
        return path.exists()

    def _link(self, temporary: Path, path: Path) -> bool:
        for _ in range(_LINK_ATTEMPTS):
            self._make_folder(path.parent)
            try:
                os.link(temporary, path)
            except FileExistsError:
                return False
            except FileNotFoundError:
                # delete() removed the folder, empty for a moment, between the two calls.
                continue
            _sync_folder(path.parent)
            return True
        raise StoreError(f"{path}: its folder is removed as often as it is made: stop what removes it, then repeat")

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        if folder != folder.parent:
            self._make_folder(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir()
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "a part of the key is an object itself", str(folder))
        _sync_folder(folder.parent)

    @contextmanager
    def _temporary(self) -> Iterator[tuple[Path, BinaryIO]]:
        """Give a new temporary file, locked as long as its writer lives so that nobody sweeps it away."""
        folder = self._root / _TEMPORARY
        self._make_folder(folder)
        if not self._swept:
            _sweep(folder)
            self._swept = True
        while True:
            path = folder / uuid.uuid4().hex
            handle = path.open("xb")
            fcntl.flock(handle, fcntl.LOCK_EX)
            if os.fstat(handle.fileno()).st_nlink:
                break
            handle.close()  # swept between its creation and its lock
        try:
            with handle:
                yield path, handle
        finally:
            path.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    """Remove the temporary files of writers that were killed: those nobody holds a lock on."""
    for path in folder.iterdir():
        with suppress(FileNotFoundError), path.open("rb") as handle:
            if _try_lock(handle.fileno()):
                path.unlink(missing_ok=True)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _copy(source: BinaryIO, target: BinaryIO) -> None:
    """Copy a stream that stands at its beginning: a plain file within the kernel, at a third of the cost."""
    if not (isinstance(source, io.BufferedReader) and isinstance(source.raw, io.FileIO) and _copied(source, target)):
        shutil.copyfileobj(source, target, CHUNK)


def _copied(source: BinaryIO, target: BinaryIO) -> bool:
    """Let the kernel copy a file; False if it does not, and nothing was written."""
    copied = 0
    try:
        # By offset: the position of the file is ahead of its reader's.
        while count := os.copy_file_range(source.fileno(), target.fileno(), _COPIED_AT_ONCE, offset_src=copied):
            copied += count
    except OSError as error:
        if copied or error.errno not in (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
            raise
    # Of some files the kernel copies nothing and says nothing.
    return copied > 0


def _flush(handle: BinaryIO) -> None:
    handle.flush()
    os.fsync(handle.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _etag(status: os.stat_result) -> str:
    # No hash: a listing would have to read every object. Each replacement has a later time (compare_and_set sees to
    # that), so no version of a key ever has the etag of another.
    return f"{status.st_mtime_ns:x}-{status.st_ino:x}-{status.st_size:x}"


def _info(key: str, status: os.stat_result) -> ObjectInfo:
    return ObjectInfo(key, status.st_size, _etag(status), datetime.fromtimestamp(status.st_mtime, UTC))


def _changed(url: str, key: str, expected: str | None, found: str | None) -> PreconditionFailed:
    return PreconditionFailed(
        f"{url}: {key} was to be {'version ' + expected if expected else 'absent'} and is "
        f"{'version ' + found if found else 'absent'}: read it again and decide anew"
    )


@contextmanager
def _explained(url: str, key: str, action: str) -> Iterator[None]:
    """Turn what the operating system says into a `StoreError` that names the object and the cure."""
    try:
        yield
    except OSError as error:
        cure = {
            errno.EACCES: "give this user the right to",
            errno.EPERM: "use a file system with hard links and POSIX rights",
            errno.ENOTSUP: "use a file system with hard links and POSIX rights",
            errno.EXDEV: "keep the whole store on one file system",
            errno.ENOSPC: "free some space",
            errno.EDQUOT: "raise the quota",
            errno.EROFS: "mount the file system for writing",
            errno.ENOTDIR: "choose a key below a folder",
        }.get(error.errno or 0, "see to the file system")
        raise StoreError(f"{url}: {key or 'the store'} cannot be {action}: {error}: {cure}, then repeat") from error
