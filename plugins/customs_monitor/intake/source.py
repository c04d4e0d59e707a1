"""From a path to a stream of bytes: gzip is expanded on the way, and a file says what it is by its first bytes."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from customs_monitor.intake.errors import IntakeError
from customs_monitor.intake.limits import Limits

_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 20
_PIECE = 16 << 10
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


class ByteStream(Protocol):
    """What every reader needs of a stream."""

    def read(self, size: int = ..., /) -> bytes:
        """Return up to `size` bytes, and no byte only at the end."""
        ...


def binary_kind(head: bytes) -> str | None:
    """Name the binary format that `head` begins with, or None when it may be text."""
    return next((name for signature, name in _SIGNATURES if head.startswith(signature)), None)


def compression_of(path: Path) -> str | None:
    """Return `gzip` or None, by content and not by name."""
    with path.open("rb") as file:
        return "gzip" if file.read(2) == _GZIP else None


@contextmanager
def open_bytes(path: Path, limits: Limits) -> Iterator[ByteStream]:
    """Open `path` for reading, expanding gzip.

    Raises:
        IntakeError: `FILE_EMPTY` at once; `GZIP_TRUNCATED`, `GZIP_CORRUPT` or `EXPANDS_TOO_FAR` while reading,
            after every byte before the fault was handed out.
    """
    with path.open("rb") as file:
        first = file.read(2)
        if not first:
            raise IntakeError(
                "FILE_EMPTY",
                "The file is empty: it has 0 bytes.",
                "Export the data again, look at its size, and send it.",
            )
        file.seek(0)
        yield _Gunzip(file, limits) if first == _GZIP else file


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


class _Gunzip:
    """Expands gzip of one or more members; a fault is raised only once all bytes before it were read."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._file = file
        self._limits = limits
        self._inflate = zlib.decompressobj(wbits=31)
        self._pending = b""
        self._begin = 0
        self._in = 0
        self._out = 0

    def read(self, size: int = _CHUNK, /) -> bytes:
        parts: list[bytes] = []
        wanted = size if size >= 0 else self._limits.expanded_bytes + 1
        while wanted > 0:
            try:
                part = self._some(wanted)
            except IntakeError:
                if not parts:
                    raise
                break  # the fault shows again on the next call, when nothing is left to hand out
            if not part:
                break
            parts.append(part)
            wanted -= len(part)
        return b"".join(parts)

    def _some(self, size: int) -> bytes:
        while True:
            if self._begin == len(self._pending) and not self._fill():
                if self._inflate.eof:
                    return b""
                raise IntakeError(
                    "GZIP_TRUNCATED",
                    f"The gzip file ends before its content does (after {self._out:,} bytes of content).",
                    "Send the file again; the transfer was cut short.",
                )
            if self._inflate.eof:
                # Padding that tape tools leave after the last member.
                if not self._pending[self._begin] and not self._pending[self._begin :].strip(b"\0"):
                    self._begin = len(self._pending)
                    continue
                self._inflate = zlib.decompressobj(wbits=31)
            # In pieces: what zlib leaves over is copied, and a file may have a member every 20 bytes.
            piece = self._pending[self._begin : self._begin + _PIECE]
            try:
                part = self._inflate.decompress(piece, size)
            except zlib.error as error:
                raise IntakeError(
                    "GZIP_CORRUPT",
                    f"The gzip file is damaged after {self._out:,} bytes of content ({error}).",
                    "Compress and send the file again.",
                ) from error
            left = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
            self._begin += len(piece) - len(left)
            self._out += len(part)
            self._check_expansion()
            if part:
                return part

    def _fill(self) -> bool:
        self._pending, self._begin = self._file.read(_CHUNK), 0
        self._in += len(self._pending)
        return bool(self._pending)

    def _check_expansion(self) -> None:
        limits = self._limits
        too_far = self._out > limits.expanded_bytes or (
            self._out > limits.expansion_grace and self._out > self._in * limits.expansion_ratio
        )
        if too_far:
            raise IntakeError(
                "EXPANDS_TOO_FAR",
                f"{self._in:,} compressed bytes expand to more than {self._out:,} bytes.",
                "Send the file uncompressed, or in parts, if its content is genuine.",
            )


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
