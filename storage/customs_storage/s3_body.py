"""An object's body on its way from S3, hashed as it is read."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from customs_storage.errors import ChecksumMismatch

if TYPE_CHECKING:
    from botocore.response import StreamingBody


class CheckedBody(io.RawIOBase):
    """A stream that cannot end well with other bytes than were stored."""

    def __init__(
        self,
        body: StreamingBody,
        name: str,
        sha256: str | None,
        explained: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """Wrap a body.

        Args:
            body: what the client library gives.
            name: how messages call the object.
            sha256: the hash it must have; None if it was stored without one.
            explained: gives the context that turns the library's errors into those of the store.
        """
        self._body = body
        self._name = name
        self._expected = sha256
        self._digest = hashlib.sha256()
        self._explained = explained

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read up to the buffer's length.

        Raises:
            ChecksumMismatch: at the end, if these are other bytes than were stored.
            StoreUnavailable: if the connection broke.
        """
        with self._explained():
            chunk = self._body.read(len(buffer))
        if chunk:
            self._digest.update(chunk)
            buffer[: len(chunk)] = chunk
        elif self._expected not in (None, self._digest.hexdigest()):
            raise ChecksumMismatch(
                f"{self._name} has the SHA-256 {self._digest.hexdigest()} and was stored with {self._expected}: "
                "the object is damaged; restore it from an earlier version or a copy"
            )
        return len(chunk)

    def close(self) -> None:
        """Give the connection back."""
        self._body.close()
        super().close()
