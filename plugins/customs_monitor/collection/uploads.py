"""Uploads: bytes that somebody gave to the portal, before they are a delivery.

All state is objects that are created once, so any process goes on where another was killed. `opened.json` says what is
to come, the whole file makes the upload complete (`upload_bytes`), a verdict makes it checked (`upload_check`), and
one decision, to send it or to discard it, ends its life here (`sending`).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Literal

from customs_monitor.collection.records import Record
from customs_storage import InvalidKey, ObjectInfo, ObjectNotFound, ObjectStore
from customs_storage.canonical import canonical_json
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout

Intent = Literal["check", "send"]
UploadState = Literal["receiving", "complete", "checking", "checked", "sending", "sent", "discarded"]

#: Unsent uploads are kept so long; confirming an older one is refused.
KEPT_FOR = timedelta(days=30)
_ID = re.compile(r"[0-9a-f]{32}")


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

    @property
    def fields(self) -> dict[str, str]:
        """What all its keys have."""
        return {"sender": self.sender, "upload_id": self.upload_id}


class Decision(Record):
    """What is to become of an upload; of two at once exactly one counts.

    Attributes:
        at: for `send`, when the delivery counts as received.
    """

    upload_id: str
    kind: Literal["send", "discard"]
    user: str
    at: datetime


class UploadError(ValueError):
    """What the client asks of an upload cannot be; the text says what to do."""


class UploadUnknown(UploadError):
    """The sender has no such upload (any more)."""


class UploadConflict(UploadError):
    """There is an upload of this id with other particulars, other bytes at this place, or another decision."""


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


def clock() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def derived_id(*parts: str) -> str:
    """Return the id of an upload that is always the same for the same parts (an idempotency key and who gave it)."""
    return sha256_of(canonical_json(list(parts)))[:32]


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
    now: Callable[[], datetime] = clock,
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
        upload_id: of the caller's choice (`derived_id`), for requests that may be repeated: the same particulars give
            the upload that is there. A new one by default.
        parent: see `Upload`.
        now: the clock.

    Returns:
        The upload; the earlier one where the request is a repetition.

    Raises:
        UploadConflict: if there is an upload of this id with other particulars.
        UploadError: if the file's name is none, or the id has not the form of one.
    """
    if upload_id is not None and not _ID.fullmatch(upload_id):
        raise UploadError("the id of an upload has 32 hexadecimal digits")
    upload = Upload(
        upload_id=upload_id or uuid.uuid4().hex,
        sender=sender,
        feed=feed,
        period=period,
        file=file,
        size=size,
        intent=intent,
        user=user,
        opened_at=now(),
        sha256=sha256.lower() if sha256 else None,
        parent=parent,
    )
    try:
        layout.key("upload_file", **upload.fields, name=file)
        # Its delivery will lie there.
        layout.key("landing", feed=feed, period=period or "_Z", sender=sender, delivery_id="0" * 16, name=file)
    except InvalidKey as error:
        raise UploadError(str(error).partition(": ")[2]) from error
    key = layout.key("upload_opened", **upload.fields)
    if store.put_if_absent(key, upload.to_bytes()):
        return upload
    earlier = Upload.read(store, key)
    if earlier != upload.model_copy(update={"opened_at": earlier.opened_at}):
        raise UploadConflict("there is an upload of this id with another file or purpose: take another id")
    return earlier


def upload_of(store: ObjectStore, layout: Layout, sender: str, upload_id: str) -> Upload:
    """Return an upload of a sender.

    Raises:
        UploadUnknown: if this sender has none of this id, whatever the id looks like.
    """
    try:
        return Upload.read(store, layout.key("upload_opened", sender=sender, upload_id=upload_id))
    except (InvalidKey, ObjectNotFound):
        raise UploadUnknown("there is no such upload") from None


def uploads_of(store: ObjectStore, layout: Layout, sender: str) -> list[UploadStatus]:
    """Return the uploads of a sender, the newest first."""
    return sorted(_statuses(store, layout, sender), key=lambda item: (item.upload.opened_at, item.upload.upload_id))[
        ::-1
    ]


def uploads_of_all(store: ObjectStore, layout: Layout) -> list[UploadStatus]:
    """Return the uploads of all senders, the oldest first: what a process has to see to after another died."""
    found = [
        status
        for sender in store.folders(layout.prefix("upload_opened"))
        for status in _statuses(store, layout, sender)
    ]
    return sorted(found, key=lambda item: (item.upload.opened_at, item.upload.upload_id))


def status_of(store: ObjectStore, layout: Layout, upload: Upload) -> UploadStatus:
    """Return where an upload stands."""
    return _status(store, layout, upload, store.list(layout.prefix("upload_opened", **upload.fields)))


def decision_of(store: ObjectStore, layout: Layout, upload: Upload) -> Decision | None:
    """Return what was decided about an upload, None if nothing was yet."""
    try:
        return Decision.read(store, layout.key("upload_decision", **upload.fields))
    except ObjectNotFound:
        return None


def decide(store: ObjectStore, layout: Layout, upload: Upload, decision: Decision) -> Decision:
    """Keep a decision; return the one that counts, the first."""
    key = layout.key("upload_decision", **upload.fields)
    return decision if store.put_if_absent(key, decision.to_bytes()) else Decision.read(store, key)


def discard(
    store: ObjectStore, layout: Layout, upload: Upload, user: str, now: Callable[[], datetime] = clock
) -> Decision:
    """Say that an upload shall not become a delivery; the earlier decision if that was said before.

    Raises:
        UploadConflict: if it was confirmed: then its delivery can be withdrawn.
    """
    wanted = Decision(upload_id=upload.upload_id, kind="discard", user=user, at=now())
    decision = decide(store, layout, upload, wanted)
    if decision.kind == "send":
        raise UploadConflict("it was confirmed and is a delivery: withdraw the delivery")
    return decision


def _statuses(store: ObjectStore, layout: Layout, sender: str) -> Iterator[UploadStatus]:
    prefix = layout.prefix("upload_opened", sender=sender)
    for upload_id, infos in groupby(store.list(prefix), lambda info: info.key[len(prefix) :].partition("/")[0]):
        found = list(infos)
        try:
            upload = upload_of(store, layout, sender, upload_id)
        except UploadUnknown:
            continue  # removed since it was listed
        yield _status(store, layout, upload, found)


def _status(store: ObjectStore, layout: Layout, upload: Upload, objects: Iterable[ObjectInfo]) -> UploadStatus:
    sizes = {info.key: info.size for info in objects}
    file = layout.key("upload_file", **upload.fields, name=upload.file)
    parts = layout.prefix("upload_part", **upload.fields)
    claims = layout.prefix("upload_claim", **upload.fields)
    received = sizes.get(file, sum(size for key, size in sizes.items() if key.startswith(parts)))

    def has(template: str) -> bool:
        return layout.key(template, **upload.fields) in sizes

    state: UploadState
    if has("upload_sent"):
        state = "sent"
    elif has("upload_decision"):
        decision = decision_of(store, layout, upload)
        state = "sending" if decision is not None and decision.kind == "send" else "discarded"
    elif has("upload_verdict"):
        state = "checked"
    elif file not in sizes:
        state = "receiving"
    else:
        state = "checking" if any(key.startswith(claims) for key in sizes) else "complete"
    return UploadStatus(upload, state, received)
