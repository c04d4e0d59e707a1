"""The bytes of an upload: in parts that can be resumed, or at once; and the whole file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from customs_monitor.collection.uploads import (
    Upload,
    UploadConflict,
    UploadDamaged,
    UploadIncomplete,
    WrongOffset,
    decision_of,
    derived_id,
    open_upload,
)
from customs_storage import ObjectExists, ObjectInfo, ObjectStore
from customs_storage.hashing import CHUNK, Source, sha256_of
from customs_storage.layout import Layout

#: Bytes of a part: what a broken connection can cost, and what a request holds in memory.
PART = 8 << 20


def received(store: ObjectStore, layout: Layout, upload: Upload) -> int:
    """Return how many bytes were received: the offset to go on from."""
    file = store.head(_file_key(layout, upload))
    return file.size if file is not None else sum(info.size for info in _parts(store, layout, upload))


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
    _refuse_discarded(store, layout, upload)
    end = received(store, layout, upload)
    if not 0 <= offset <= end:
        raise WrongOffset(end)
    at = offset
    for stored in _stored(store, layout, upload, offset):
        again = _read(stream, len(stored))
        if again != stored[: len(again)]:
            raise UploadConflict(
                f"other bytes were received from offset {at} on: go on from offset {end}, or begin another upload"
            )
        at += len(again)
        if len(again) < len(stored):
            return end
    while piece := _read(stream, PART):
        if upload.size is not None and at + len(piece) > upload.size:
            raise UploadDamaged(f"more than the {upload.size} bytes announced: begin another upload")
        if is_complete(store, layout, upload):
            raise UploadConflict("the upload is complete: begin another one")
        # A part is created only where the one before ends: the parts of an upload are one chain, whoever sends them.
        if not store.put_if_absent(layout.key("upload_part", **upload.fields, offset=f"{at:020}"), piece):
            raise WrongOffset(received(store, layout, upload))
        at += len(piece)
    return at


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
    key = _file_key(layout, upload)
    expected = {text.lower() for text in (upload.sha256, sha256) if text}
    if is_complete(store, layout, upload):
        if expected and {store.sha256(key)} != expected:
            raise _damaged("SHA-256")
    else:
        _refuse_discarded(store, layout, upload)
        with tempfile.TemporaryFile() as whole:
            for piece in _stored(store, layout, upload, 0):
                whole.write(piece)
            size = whole.tell()
            if size < (1 if upload.size is None else upload.size):
                raise UploadIncomplete(f"{size} of {upload.size or 'some'} bytes were received: send the rest first")
            whole.seek(0)
            if expected and {sha256_of(whole)} != expected:
                raise _damaged("SHA-256")
            store.put_if_absent(key, whole)
    for info in _parts(store, layout, upload):
        store.delete(info.key)
    return key


def keep_file(store: ObjectStore, layout: Layout, upload: Upload, source: Source) -> str:
    """Take the whole file at once, as a form of the browser brings it: no parts are made.

    Args:
        store: the store.
        layout: the keys of the store.
        upload: the upload.
        source: the bytes, the file, or a stream that can seek and stands at its beginning.

    Returns:
        The key of the file.

    Raises:
        UploadDamaged: if the bytes are not those announced.
        UploadConflict: if other bytes are there, or the upload is discarded.
    """
    _refuse_discarded(store, layout, upload)
    if upload.size is not None and _size(source) != upload.size:
        raise _damaged("size")
    if upload.sha256 is not None and sha256_of(source) != upload.sha256:
        raise _damaged("SHA-256")
    key = _file_key(layout, upload)
    try:
        store.put(key, source)
    except ObjectExists:
        raise UploadConflict("the upload has another file: begin another one") from None
    return key


def is_complete(store: ObjectStore, layout: Layout, upload: Upload) -> bool:
    """Tell whether the whole file is there."""
    return store.head(_file_key(layout, upload)) is not None


def fetch_file(store: ObjectStore, layout: Layout, upload: Upload, folder: Path) -> Path:
    """Copy the file to a folder, under the name that its sender gave it: reports quote the name.

    Raises:
        UploadIncomplete: if it is not complete.
    """
    if not is_complete(store, layout, upload):
        raise UploadIncomplete("the file is not complete: send the rest first")
    return store.download(_file_key(layout, upload), folder / upload.file)


def open_member(
    store: ObjectStore, layout: Layout, archive: Upload, name: str, feed: str, period: str | None, source: Path
) -> Upload:
    """Make a member of an archive an upload of its own; repeated, the same.

    Args:
        store: the store.
        layout: the keys of the store.
        archive: the upload of the archive, whose sender, user, intent and time the member has.
        name: the member's file name, without folders.
        feed: the collection that its header says.
        period: its period; None where the file is to say.
        source: its bytes.

    Raises:
        UploadError: see `open_upload` and `keep_file`.
    """
    member = open_upload(
        store,
        layout,
        sender=archive.sender,
        feed=feed,
        file=name,
        user=archive.user,
        period=period,
        size=source.stat().st_size,
        intent=archive.intent,
        upload_id=derived_id(archive.upload_id, name),
        parent=archive.upload_id,
        now=lambda: archive.opened_at,
    )
    keep_file(store, layout, member, source)
    return member


def _file_key(layout: Layout, upload: Upload) -> str:
    return layout.key("upload_file", **upload.fields, name=upload.file)


def _parts(store: ObjectStore, layout: Layout, upload: Upload) -> list[ObjectInfo]:
    return list(store.list(layout.prefix("upload_part", **upload.fields)))


def _stored(store: ObjectStore, layout: Layout, upload: Upload, offset: int) -> Iterator[bytes]:
    """Yield what was received from an offset on."""
    file = store.head(_file_key(layout, upload))
    at = 0
    for info in [file] if file is not None else _parts(store, layout, upload):
        if at + info.size > offset:
            with store.open(info.key) as stream:
                skip = max(0, offset - at)
                while skip:
                    skip -= len(stream.read(min(skip, CHUNK)))
                while piece := stream.read(CHUNK):
                    yield piece
        at += info.size


def _read(stream: BinaryIO, count: int) -> bytes:
    """Read as many bytes, fewer only at the end of the stream."""
    pieces: list[bytes] = []
    while count and (piece := stream.read(count)):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def _size(source: Source) -> int:
    if isinstance(source, bytes):
        return len(source)
    if isinstance(source, Path):
        return source.stat().st_size
    size = source.seek(0, 2)
    source.seek(0)
    return size


def _refuse_discarded(store: ObjectStore, layout: Layout, upload: Upload) -> None:
    decision = decision_of(store, layout, upload)
    if decision is not None and decision.kind == "discard":
        raise UploadConflict("the upload is discarded: begin another one")


def _damaged(what: str) -> UploadDamaged:
    return UploadDamaged(f"the bytes received have another {what} than announced: begin another upload")
