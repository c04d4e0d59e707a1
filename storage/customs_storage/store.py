"""The interface that every store fulfils, and what can be said about it once for all of them."""

from __future__ import annotations

import shutil
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

from customs_storage.errors import ObjectExists, StoreError, StoreUnavailable
from customs_storage.hashing import CHUNK, Source, rewindable, sha256_of

_READ_ATTEMPTS = 3
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What a store knows of an object without reading it.

    Attributes:
        key: the key, relative to the store.
        size: bytes.
        etag: names this version of the object; what `compare_and_set` expects. Opaque: no hash of the content.
        modified: when the object was written, in UTC.
    """

    key: str
    size: int
    etag: str
    modified: datetime


class ObjectStore(ABC):
    """Immutable objects under posix-like keys, and one replaceable kind through `compare_and_set`.

    A writer killed at any moment leaves the object whole or absent, never in part. Keys are listed in the order of
    their UTF-8 bytes on every store. Whatever fails raises a `StoreError`.
    """

    url: str

    @abstractmethod
    def open(self, key: str) -> BinaryIO:
        """Open an object for streaming; use it as a context manager.

        Raises:
            ObjectNotFound: if there is none.
            ChecksumMismatch: while reading to the end, if the store knows another hash than the bytes have.
        """

    @abstractmethod
    def get_version(self, key: str) -> tuple[bytes, str]:
        """Return an object's bytes and the etag of just these bytes, for a later `compare_and_set`."""

    @abstractmethod
    def put_if_absent(self, key: str, source: Source) -> bool:
        """Create an object; of any number of callers at once exactly one gets True.

        Args:
            key: the new object's key.
            source: bytes, a file's path, or a binary stream (read from where it stands).

        Returns:
            False if something is there already, whatever its bytes; it is left as it is.
        """

    @abstractmethod
    def compare_and_set(self, key: str, data: bytes, expected: str | None) -> str:
        """Replace an object if it still is the version that the caller has read.

        Args:
            key: the object's key.
            data: the new bytes.
            expected: the etag read before; None if the object must not exist.

        Returns:
            The etag of the new version.

        Raises:
            PreconditionFailed: if the object has another etag, or exists, or no longer does.
        """

    @abstractmethod
    def head(self, key: str) -> ObjectInfo | None:
        """Return what the store knows of an object, None if there is none."""

    @abstractmethod
    def list(self, prefix: str = "", start_after: str | None = None) -> Iterator[ObjectInfo]:
        """Yield the objects whose key starts with `prefix` and sorts after `start_after`, sorted by key.

        Reads page by page: memory does not grow with the number of objects.
        """

    @abstractmethod
    def folders(self, prefix: str) -> Iterator[str]:
        """Yield the names one level below `prefix` (empty, or ending in `/`) under which there are objects, sorted.

        With keys `a/x/1` and `a/y/2`, `folders("a/")` yields `x` and `y`; what lies deeper is not read.
        """

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove an object; without effect if there is none. Only housekeeping may do so."""

    @abstractmethod
    def local_path(self, key: str) -> Path | None:
        """Return the object's own file, for reading only; None where objects are no files, or there is none."""

    @abstractmethod
    def lock(self, name: str, *, wait: float) -> AbstractContextManager[None]:
        """Hold a named lock, to spare others work that only one can use.

        Correctness never rests on it, only on `put_if_absent` and `compare_and_set`. On a local folder it is a
        `flock`, which dies with its process. On S3 it is a no-op: a lock object would outlive a `kill -9`, and a
        lease would need clocks that agree; there the loser of a race finds out at the conditional write.

        Args:
            name: any text.
            wait: seconds to wait for another holder.

        Raises:
            StoreBusy: if another process held the lock all that time.
        """

    @abstractmethod
    def sha256(self, key: str) -> str:
        """Return the SHA-256 that an object was stored with, hashing it where the store keeps no hashes."""

    def get(self, key: str) -> bytes:
        """Return an object's bytes.

        Raises:
            ObjectNotFound: if there is none.
        """
        return self._retried(lambda: self.get_version(key)[0])

    def put(self, key: str, source: Source) -> ObjectInfo:
        """Create an immutable object; without effect if the same bytes are there already.

        Args:
            key: the object's key.
            source: bytes, a file's path, or a binary stream (read from where it stands).

        Raises:
            ObjectExists: if other bytes are there.
        """
        with rewindable(source) as stream:
            created = self.put_if_absent(key, stream)
            info = self.head(key)
            if info is None:
                raise StoreError(
                    f"{self.url}: {key} was deleted while it was written: stop what deletes it, then repeat"
                )
            stream.seek(0)
            if not created and sha256_of(stream) != self.sha256(key):
                raise ObjectExists(
                    f"{self.url}: {key} exists with other bytes; objects are immutable: write under a new key"
                )
        return info

    def download(self, key: str, target: Path) -> Path:
        """Copy an object to a local file, which appears whole or not at all.

        Args:
            key: the object's key.
            target: the file to write; its folder must exist; an older file is replaced.

        Returns:
            `target`.
        """
        partial = target.with_name(f".{uuid.uuid4().hex}.part")

        def attempt() -> None:
            with self.open(key) as source, partial.open("wb") as copy:
                shutil.copyfileobj(source, copy, CHUNK)

        try:
            self._retried(attempt)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
        return target

    @staticmethod
    def _retried(read: Callable[[], _T]) -> _T:
        # A connection that breaks within a body is beyond the client library's own retries.
        for _ in range(_READ_ATTEMPTS - 1):
            try:
                return read()
            except StoreUnavailable:
                continue
        return read()
