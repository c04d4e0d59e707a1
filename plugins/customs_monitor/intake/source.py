"""From a path to a stream of bytes, expanded where it is packed; a file says what it is by its first bytes."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from customs_monitor.intake.errors import IntakeError
from customs_monitor.intake.expansion import Gunzip, Unzip
from customs_monitor.intake.limits import Limits
from customs_monitor.intake.zip_content import only_member

_GZIP, _ZIP = b"\x1f\x8b", b"PK"
_CHUNK = 1 << 20
#: First bytes of an XLSX (or any other ZIP archive) and of an old XLS.
WORKBOOK_SIGNATURES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
#: How names of parts begin that make a ZIP archive a workbook: of Office Open XML and of OpenDocument.
WORKBOOK_PARTS = ("[Content_Types].xml", "xl/", "mimetype", "content.xml")

# First bytes of what people rename to .csv, with the words an officer would use for it.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive or an XLSX workbook"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document (XLS, DOC) or an encrypted workbook"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"BZh", "a bzip2 archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (_GZIP, "a gzip archive inside a gzip archive"),
    (b"SQLite format 3", "a SQLite database"),
    (b"{\\rtf", "an RTF document"),
)


#: First bytes of archives that are not opened.
ARCHIVES = (b"PK\x05\x06", b"BZh", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")


class ByteStream(Protocol):
    """What every reader needs of a stream."""

    def read(self, size: int = ..., /) -> bytes:
        """Return up to `size` bytes, and no byte only at the end."""
        ...


def binary_kind(head: bytes) -> str | None:
    """Name the binary format that `head` begins with, or None when it may be text."""
    return next((name for signature, name in _SIGNATURES if head.startswith(signature)), None)


def is_packed(head: bytes) -> bool:
    """Tell whether the first bytes of a file are those of an archive, and not of a workbook, which is one inside."""
    if head.startswith(WORKBOOK_SIGNATURES[0]):
        name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
        return not name.startswith(tuple(part.encode() for part in (*WORKBOOK_PARTS, "_rels/", "docProps/")))
    return head.startswith(ARCHIVES)


def compression_of(path: Path) -> str | None:
    """Return `gzip`, `zip` (an archive of one file) or None, by content and not by name."""
    with path.open("rb") as file:
        first = file.read(2)
        if first == _GZIP:
            return "gzip"
        return "zip" if first == _ZIP and only_member(file, path.stat().st_size) else None


@contextmanager
def open_bytes(path: Path, limits: Limits) -> Iterator[ByteStream]:
    """Open `path` for reading, expanding gzip and a ZIP archive of one file.

    Raises:
        IntakeError: `FILE_EMPTY` at once; `GZIP_TRUNCATED`, `GZIP_CORRUPT`, `ZIP_CORRUPT` or `EXPANDS_TOO_FAR` while
            reading, after every byte before the fault was handed out.
    """
    with path.open("rb") as file:
        first = file.read(2)
        if not first:
            raise IntakeError(
                "FILE_EMPTY",
                "The file is empty: it has 0 bytes.",
                "Export the data again, look at its size, and send it.",
            )
        member = only_member(file, path.stat().st_size) if first == _ZIP else None
        file.seek(0)
        if member is not None:
            yield Unzip(file, member, limits)
        else:
            yield Gunzip(file, limits) if first == _GZIP else file


def read_document(stream: ByteStream, limits: Limits) -> bytes:
    """Read a stream to its end, for formats that cannot be read piecewise.

    Raises:
        IntakeError: `DOCUMENT_TOO_LARGE` past `limits.document_bytes`.
    """
    parts: list[bytes] = []
    size = 0
    while part := stream.read(_CHUNK):
        size += len(part)
        if size > limits.document_bytes:
            raise IntakeError(
                "DOCUMENT_TOO_LARGE",
                f"The document is larger than {limits.document_bytes:,} bytes, the most this format may have.",
                "Split it, or send the same data as CSV.",
            )
        parts.append(part)
    return b"".join(parts)


class Utf16AsUtf8:
    """A UTF-16 stream read as UTF-8, so that the readers behind it see one encoding."""

    def __init__(self, stream: ByteStream, head: bytes) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-16")()
        self._head = head
        self._ended = False
        self._fault: IntakeError | None = None

    def read(self, size: int = _CHUNK, /) -> bytes:
        """Return about `size` bytes of UTF-8, and no byte only at the end."""
        if self._fault is not None:
            raise self._fault
        while not self._ended:
            raw, self._head = self._head or self._stream.read(max(size, 2)), b""
            self._ended = not raw
            try:
                text = self._decoder.decode(raw, final=self._ended)
                if text:
                    return text.encode("utf-8")
            except UnicodeError as error:
                self._fault = IntakeError(
                    "ENCODING_INVALID",
                    f"The file begins as UTF-16 but holds bytes that are not ({error}).",
                    "Save it as UTF-8 and send it again.",
                )
                raise self._fault from error
        return b""


class Readable(io.RawIOBase):
    """A byte stream in the form that the standard library takes."""

    def __init__(self, stream: ByteStream) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer from its start; nothing is read at the end only."""
        part = self._stream.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)


class Prefixed:
    """A stream whose first bytes were already read."""

    def __init__(self, head: bytes, stream: ByteStream) -> None:
        self._head = head
        self._stream = stream

    def read(self, size: int = _CHUNK, /) -> bytes:
        """Return up to `size` bytes, first of those already read."""
        if self._head:
            part, self._head = self._head[:size], self._head[size:]
            return part
        return self._stream.read(size)


def text_stream(stream: ByteStream) -> tuple[ByteStream, str | None]:
    """Take the byte order mark off a text stream.

    Returns:
        The stream without its mark, as UTF-8 where the mark says UTF-16, and the encoding the mark names or None.
    """
    head = stream.read(4)
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise IntakeError("ENCODING_INVALID", "The file is UTF-32.", "Save it as UTF-8 and send it again.", line=1)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Utf16AsUtf8(stream, head), "utf-16"
    if head.startswith(codecs.BOM_UTF8):
        return Prefixed(head[3:], stream), "utf-8"
    return Prefixed(head, stream), None
