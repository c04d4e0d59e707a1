"""Uploads: bytes that somebody gave to the portal, before they are a delivery.

All state is objects that are created once, so any process goes on where another was killed: `opened.json` says what is
to come, each part begins where the one before ends, and the whole file makes the upload complete.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Literal

from customs_monitor.collection.records import Record
from customs_storage import ObjectStore
from customs_storage.layout import Layout

Intent = Literal["check", "send"]
UploadState = Literal["receiving", "complete", "checking", "checked", "sending", "sent", "discarded"]

#: Unsent uploads are kept so long; confirming an older one is refused.
KEPT_FOR = timedelta(days=30)


class Upload(Record):
    """What somebody began to upload.

    Attributes:
        upload_id: 32 hexadecimal digits.
        sender: whose delivery it is to become.
        feed: the collection.
        period: the period it is for; None where the file is to say.
        file: the file's name, without folders.
        size: bytes announced; None where they were not.
        intent: `check`: never becomes a delivery unless somebody confirms; `send`: becomes one once it was checked.
        user: who opened it.
        sha256: of the bytes, as announced; None where it was not.
        parent: the upload of the archive that the file is a member of, None for a file of its own.
    """

    upload_id: str
    sender: str
    feed: str
    period: str | None = None
    file: str
    size: int | None = None
    intent: Intent = "check"
    user: str
    opened_at: datetime
    sha256: str | None = None
    parent: str | None = None


class UploadError(ValueError):
    """What the client asks of an upload cannot be; the text says what to do."""


class UploadUnknown(UploadError):
    """The sender has no such upload (any more)."""


class UploadConflict(UploadError):
    """There is an upload of this id with other particulars, or other bytes at this place."""


class WrongOffset(UploadError):
    """The part does not begin where the bytes received end.

    Attributes:
        expected: the offset to go on from.
    """

    def __init__(self, expected: int) -> None:
        super().__init__(f"{expected} bytes were received: go on from offset {expected}")
        self.expected = expected


class UploadIncomplete(UploadError):
    """Fewer bytes were received than announced."""


class UploadDamaged(UploadError):
    """The bytes received are not those announced (size, SHA-256): discard the upload and begin another."""


@dataclass(frozen=True)
class UploadStatus:
    """An upload and where it stands.

    Attributes:
        received: bytes that were received.
    """

    upload: Upload
    state: UploadState
    received: int


def _now() -> datetime:
    return datetime.now(UTC)


def open_upload(
    store: ObjectStore,
    layout: Layout,
    *,
    sender: str,
    feed: str,
    file: str,
    user: str,
    period: str | None = None,
    size: int | None = None,
    sha256: str | None = None,
    intent: Intent = "check",
    upload_id: str | None = None,
    parent: str | None = None,
    now: Callable[[], datetime] = _now,
) -> Upload:
    """Open an upload.

    Args:
        store: the store.
        layout: the keys of the store.
        sender: see `Upload`.
        feed: see `Upload`.
        file: see `Upload`.
        user: see `Upload`.
        period: see `Upload`.
        size: see `Upload`.
        sha256: see `Upload`.
        intent: see `Upload`.
        upload_id: of the caller's choice, for requests that may be repeated (idempotency key, member of an archive):
            the same particulars give the upload that is there. A new one by default.
        parent: see `Upload`.
        now: the clock.

    Returns:
        The upload; the earlier one where the request is a repetition.

    Raises:
        UploadConflict: if there is an upload of this id with other particulars.
        UploadError: if the file's name is none.
    """
    raise NotImplementedError


def upload_of(store: ObjectStore, layout: Layout, sender: str, upload_id: str) -> Upload:
    """Return an upload of a sender.

    Raises:
        UploadUnknown: if this sender has none of this id, whatever the id looks like.
    """
    raise NotImplementedError


def uploads_of(store: ObjectStore, layout: Layout, sender: str) -> list[UploadStatus]:
    """Return the uploads of a sender, the newest first."""
    raise NotImplementedError


def status_of(store: ObjectStore, layout: Layout, upload: Upload) -> UploadStatus:
    """Return where an upload stands."""
    raise NotImplementedError


def received(store: ObjectStore, layout: Layout, upload: Upload) -> int:
    """Return how many bytes were received: the offset to go on from."""
    raise NotImplementedError


def put_part(store: ObjectStore, layout: Layout, upload: Upload, offset: int, stream: BinaryIO) -> int:
    """Take bytes of the file, in pieces of 8 MiB: what arrived before a connection broke is kept.

    Bytes that were received before are compared and not stored again, however they were cut into parts.

    Args:
        store: the store.
        layout: the keys of the store.
        upload: the upload.
        offset: where the bytes begin; at most as many as were received.
        stream: the bytes.

    Returns:
        The next offset.

    Raises:
        WrongOffset: if the offset is beyond what was received, or another request was faster.
        UploadConflict: if other bytes were received at this place, or the upload is discarded.
        UploadDamaged: if there are more bytes than announced.
    """
    raise NotImplementedError


def complete(store: ObjectStore, layout: Layout, upload: Upload, sha256: str | None = None) -> str:
    """Put the parts together; without effect if that was done.

    Args:
        store: the store.
        layout: the keys of the store.
        upload: the upload.
        sha256: of the file, where the client says it only now.

    Returns:
        The key of the file.

    Raises:
        UploadIncomplete: if bytes are missing.
        UploadDamaged: if the bytes are not those announced.
        UploadConflict: if the upload is discarded.
    """
    raise NotImplementedError


def keep_file(store: ObjectStore, layout: Layout, upload: Upload, source: Path | BinaryIO) -> str:
    """Take the whole file at once, as a form of the browser brings it: no parts are made.

    Args:
        store: the store.
        layout: the keys of the store.
        upload: the upload.
        source: the file, or a stream of it that can seek.

    Returns:
        The key of the file.

    Raises:
        UploadDamaged: if the bytes are not those announced.
        UploadConflict: if other bytes are there, or the upload is discarded.
    """
    raise NotImplementedError


def is_complete(store: ObjectStore, layout: Layout, upload: Upload) -> bool:
    """Tell whether the whole file is there."""
    raise NotImplementedError


def fetch_file(store: ObjectStore, layout: Layout, upload: Upload, folder: Path) -> Path:
    """Copy the file to a folder, under the name that its sender gave it: reports quote the name.

    Raises:
        UploadIncomplete: if it is not complete.
    """
    raise NotImplementedError


def discard(store: ObjectStore, layout: Layout, upload: Upload, user: str, now: Callable[[], datetime] = _now) -> None:
    """Say that an upload shall not become a delivery; without effect if that was said.

    Raises:
        UploadConflict: if it was confirmed: then its delivery can be withdrawn.
    """
    raise NotImplementedError


def open_member(
    store: ObjectStore, layout: Layout, archive: Upload, name: str, feed: str, period: str | None, source: Path
) -> Upload:
    """Make a member of an archive an upload of its own; repeated, the same.

    Args:
        store: the store.
        layout: the keys of the store.
        archive: the upload of the archive, whose sender, user and intent the member has.
        name: the member's file name, without folders.
        feed: the collection that its header says.
        period: its period; None where the file is to say.
        source: its bytes.
    """
    raise NotImplementedError


def remove_expired(store: ObjectStore, layout: Layout, now: Callable[[], datetime] = _now) -> int:
    """Remove uploads that were opened more than `KEPT_FOR` and a day ago, but for those that are being sent.

    What was sent lies in landing and has its history in the ledger.

    Returns:
        How many were removed.
    """
    raise NotImplementedError
