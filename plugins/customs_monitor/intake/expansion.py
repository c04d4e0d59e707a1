"""Streams that expand what is packed, and stop where it expands too far."""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from typing import BinaryIO

from customs_monitor.intake.errors import IntakeError
from customs_monitor.intake.limits import Limits
from customs_monitor.intake.zip_content import content
from customs_monitor.intake.zip_directory import ArchiveFault, Entry

_CHUNK = 1 << 20
_PIECE = 16 << 10


class _Expanding(ABC):
    """A stream of what is packed; a fault is raised only once all bytes before it were read."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def read(self, size: int = _CHUNK, /) -> bytes:
        """Return up to `size` bytes, and no byte only at the end."""
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

    @abstractmethod
    def _some(self, size: int) -> bytes:
        """Return some bytes, at most `size`, and none only at the end; a fault is raised anew at every call."""


class Gunzip(_Expanding):
    """Expands gzip of one or more members."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        super().__init__(limits)
        self._file = file
        self._inflate = zlib.decompressobj(wbits=31)
        self._pending = b""
        self._begin = 0
        self._in = 0
        self._out = 0

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
            _refuse_bomb(self._in, self._out, self._limits)
            if part:
                return part

    def _fill(self) -> bool:
        self._pending, self._begin = self._file.read(_CHUNK), 0
        self._in += len(self._pending)
        return bool(self._pending)


class Unzip(_Expanding):
    """Expands the one member of a ZIP archive."""

    def __init__(self, file: BinaryIO, member: Entry, limits: Limits) -> None:
        super().__init__(limits)
        self._member = member
        self._parts = content(file, member)
        self._pending = b""
        self._fault: IntakeError | None = None
        self._out = 0
        self._checksum = 0

    def _some(self, size: int) -> bytes:
        self._pending = self._pending or self._more()
        part, self._pending = self._pending[:size], self._pending[size:]
        return part

    def _more(self) -> bytes:
        if self._fault is not None:
            raise self._fault
        try:
            part = next(self._parts, b"")
            self._out += len(part)
            self._checksum = zlib.crc32(part, self._checksum)
            _refuse_bomb(self._member.packed, self._out, self._limits)
            if not part and (self._out, self._checksum) != (self._member.size, self._member.checksum):
                raise self._corrupt("it is not what the table of contents says")
        except ArchiveFault as fault:
            self._fault = self._corrupt(fault.what)
            raise self._fault from fault
        except IntakeError as error:
            self._fault = error
            raise
        return part

    def _corrupt(self, why: str) -> IntakeError:
        return IntakeError(
            "ZIP_CORRUPT",
            f"The ZIP archive is damaged after {self._out:,} bytes of content ({why.rstrip('.')}).",
            "Compress and send the file again.",
        )


def _refuse_bomb(packed: int, expanded: int, limits: Limits) -> None:
    too_far = expanded > limits.expanded_bytes or (
        expanded > limits.expansion_grace and expanded > packed * limits.expansion_ratio
    )
    if too_far:
        raise IntakeError(
            "EXPANDS_TOO_FAR",
            f"{packed:,} compressed bytes expand to more than {expanded:,} bytes.",
            "Send the file uncompressed, or in parts, if its content is genuine.",
        )
