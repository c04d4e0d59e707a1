"""Delimited text cut into blocks of whole records, each knowing its line and its encoding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from customs_monitor.intake.errors import IntakeError
from customs_monitor.intake.header import Header, judge_encoding
from customs_monitor.intake.limits import Limits
from customs_monitor.intake.source import ByteStream, Prefixed
from customs_monitor.intake.structure import Structure, line_breaks, structure_of


@dataclass(frozen=True, slots=True)
class Block:
    """Whole records as they stand in the file.

    Attributes:
        data: The bytes, in the encoding of the file.
        encoding: `utf-8` or `windows-1252`.
        offset: Offset of `data` in the file (after expansion and byte order mark).
        first_line: Line on which `data` begins.
        structure: Where its lines and records end.
    """

    data: bytes
    encoding: str
    offset: int
    first_line: int
    structure: Structure


def cut_blocks(stream: ByteStream, head: bytes, header: Header, limits: Limits) -> Iterator[Block]:
    """Cut what follows the header into blocks.

    The encoding is settled by the first block that holds a byte beyond ASCII; until then both readings are equal,
    so nothing already handed on can have been read wrongly.

    Raises:
        IntakeError: `QUOTE_NOT_CLOSED`, `RECORD_TOO_LONG`, `NUL_BYTE`, or what the stream raises; every block
            before the fault has been yielded.
    """
    delimiter = ord(header.delimiter)
    stream = Prefixed(head[header.data_start :], stream)
    encoding = header.encoding
    offset, line = header.data_start, header.data_line
    pending = b""
    fault: IntakeError | None = None
    ended = False
    while not ended:
        try:
            chunk = stream.read(limits.block_bytes)
        except IntakeError as error:
            fault, chunk = error, b""
        ended = not chunk
        data = pending + chunk
        structure = structure_of(data, delimiter, final=ended and fault is None)
        body, pending = data[: structure.cut], data[structure.cut :]
        if b"\0" in body:
            raise _nul_byte(body, offset, line, structure)
        if body:
            encoding = encoding or judge_encoding(body)
            yield Block(body, encoding or "utf-8", offset, line, structure)
            offset += len(body)
            line += structure.breaks.size
        if fault is not None:
            fault.line = fault.line or line
            raise fault
        if len(pending) > limits.record_bytes or (ended and pending):
            raise _endless(pending, structure, line, limits)


def _nul_byte(body: bytes, offset: int, line: int, structure: Structure) -> IntakeError:
    position = body.index(b"\0")
    return IntakeError(
        "NUL_BYTE",
        f"Byte {offset + position:,} is zero, which text never holds.",
        "Export the file again; it was damaged on its way or is not text.",
        line=line + int(structure.breaks.searchsorted(position, side="right")),
    )


def _endless(pending: bytes, structure: Structure, line: int, limits: Limits) -> IntakeError:
    if structure.open_quote is not None:
        before = pending[: structure.open_quote - structure.cut]
        return IntakeError(
            "QUOTE_NOT_CLOSED",
            "A quote opens here and is not closed, so that no later line can be told apart.",
            "Close the quote, or double it if it is part of the text.",
            line=line + line_breaks(before, final=True).size,
        )
    return IntakeError(
        "RECORD_TOO_LONG",
        f"The record is longer than {limits.record_bytes:,} bytes.",
        "Check the line ends of the file.",
        line=line,
    )
