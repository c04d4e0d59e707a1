"""Where the records of delimited text end, at memory speed, without parsing the fields.

A record ends at a line break (LF, CRLF or a lone CR) that is not inside quotes. Where every quote stands where
RFC 4180 puts it, "inside" is the parity of the quotes before, which NumPy counts at gigabytes a second. Where a
quote stands elsewhere (`5" pipe`), the exact rule of the parser behind (a quote opens only at the start of a field,
and once closed the rest of the field is literal) is applied record by record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]

_LF, _CR, _QUOTE = 0x0A, 0x0D, 0x22
_NONE: Positions = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Structure:
    """The skeleton of a piece of text that begins at a record.

    Attributes:
        cut: Offset after the last complete record.
        breaks: Offsets after every line break before `cut`.
        ends: Offsets after every record before `cut`; the same as `breaks` where no record spans lines.
        open_quote: Offset of the quote that is still open at the end of the piece, if any.
    """

    cut: int
    breaks: Positions
    ends: Positions
    open_quote: int | None


def structure_of(data: bytes, delimiter: int, *, final: bool) -> Structure:
    """Find the records of `data`.

    Args:
        data: Text that begins at a record, in an encoding that keeps ASCII (UTF-8, Windows-1252).
        delimiter: Its byte.
        final: Whether the text ends here, so that a last record needs no line break.
    """
    breaks = line_breaks(data, final=final)
    if b'"' not in data:
        cut = len(data) if final else int(breaks[-1]) if breaks.size else 0
        ends = breaks if not final or (breaks.size and breaks[-1] == cut) else np.append(breaks, cut)
        return Structure(cut, breaks, ends, None)
    quotes = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == _QUOTE)
    if _regular(data, quotes, delimiter):
        inside = np.searchsorted(quotes, breaks) % 2 == 1
        ends = breaks[~inside]
        open_quote = int(quotes[-1]) if quotes.size % 2 else None
        if final and open_quote is None and (not ends.size or ends[-1] < len(data)):
            ends = np.append(ends, len(data))
    else:
        found, open_quote = scan_records(data, delimiter, final=final)
        ends = np.array(found, dtype=np.int64)
    cut = int(ends[-1]) if ends.size else 0
    return Structure(cut, breaks[: np.searchsorted(breaks, cut, side="right")], ends, open_quote)


def line_breaks(data: bytes, *, final: bool) -> Positions:
    """Return the offset after every line break; CRLF is one, and a CR at the end of a piece may become one."""
    array = np.frombuffer(data, dtype=np.uint8)
    feeds = np.flatnonzero(array == _LF) + 1
    if b"\r" not in data:
        return feeds
    returns = np.flatnonzero(array == _CR)
    if returns[-1] == len(data) - 1:
        lone_last = returns[-1:] + 1 if final else _NONE
        returns = returns[:-1]
    else:
        lone_last = _NONE
    lone = returns[array[returns + 1] != _LF] + 1
    if not lone.size and not lone_last.size:
        return feeds
    return np.sort(np.concatenate([feeds, lone, lone_last]))


def _regular(data: bytes, quotes: Positions, delimiter: int) -> bool:
    """Whether every opening quote begins a field or doubles the quote before it.

    By induction from the start of the piece: if so, parity is exactly the parser's state.
    """
    opening = quotes[0::2]
    before = np.frombuffer(data, dtype=np.uint8)[opening[opening > 0] - 1]
    return bool(np.all((before == delimiter) | (before == _LF) | (before == _QUOTE) | (before == _CR)))


def scan_records(data: bytes, delimiter: int, *, final: bool, most: int | None = None) -> tuple[list[int], int | None]:
    """Find record ends one by one.

    Returns:
        The offsets after each record (the first `most` ones), and the offset of a quote left open or None.
    """
    record, field = _patterns(delimiter, final)
    ends: list[int] = []
    position = 0
    while position < len(data) and (most is None or len(ends) < most):
        match = record.match(data, position)
        if match is None:
            return ends, _open_quote(data, position, field, delimiter)
        position = match.end()
        ends.append(position)
    return ends, None


def _open_quote(data: bytes, position: int, field: re.Pattern[bytes], delimiter: int) -> int | None:
    """Walk the fields of an unfinished record to the one whose quote is not closed."""
    while (match := field.match(data, position)) is not None:
        if match.end() == len(data) or data[match.end()] != delimiter:
            return None
        position = match.end() + 1
    return position


@cache
def _patterns(delimiter: int, final: bool) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    stop = b"[^" + re.escape(bytes([delimiter])) + rb"\r\n]"
    field = rb'(?:"(?:[^"]++|"")*+"' + stop + rb'*+|(?!")' + stop + rb"*+)"
    end = rb"(?:\r\n|\n|\r|\Z)" if final else rb"(?:\r\n|\n|\r(?!\Z))"
    return re.compile(field + b"(?:" + re.escape(bytes([delimiter])) + field + b")*+" + end), re.compile(field)
