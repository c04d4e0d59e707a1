"""SHA-256 of anything that can be stored, read as a stream."""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

Source: TypeAlias = bytes | Path | BinaryIO

CHUNK = 1 << 20
"""Bytes read at a time."""

_SPOOL_IN_MEMORY = 8 << 20


def sha256_of(source: Source) -> str:
    """Return the SHA-256 of the bytes, as 64 lower-case hexadecimal digits.

    Args:
        source: bytes, a file's path, or a binary stream, read from where it stands to its end; a stream that can
            seek is put back where it stood.
    """
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    if isinstance(source, Path):
        with source.open("rb") as stream:
            return sha256_of(stream)
    start = source.tell() if source.seekable() else None
    digest = hashlib.sha256()
    while chunk := source.read(CHUNK):
        digest.update(chunk)
    if start is not None:
        source.seek(start)
    return digest.hexdigest()


@contextmanager
def rewindable(source: Source) -> Iterator[BinaryIO]:
    """Give any source as a stream that stands at its beginning and can be read again.

    A stream that cannot seek, or does not stand at 0, is copied to a temporary file first: a repeated request
    rewinds its body to 0.
    """
    if isinstance(source, bytes):
        yield io.BytesIO(source)
    elif isinstance(source, Path):
        with source.open("rb") as stream:
            yield stream
    elif source.seekable() and source.tell() == 0:
        yield source
    else:
        with tempfile.SpooledTemporaryFile(max_size=_SPOOL_IN_MEMORY) as spool:
            shutil.copyfileobj(source, spool, CHUNK)
            spool.seek(0)
            yield cast("BinaryIO", spool)
