"""What the first records of delimited text say: encoding, delimiter, column names, where the data begins."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass

import numpy as np

from customs_monitor.contracts.formats import CsvFormat
from customs_monitor.intake.errors import IntakeError
from customs_monitor.intake.limits import Limits
from customs_monitor.intake.source import WORKBOOK_SIGNATURES, ByteStream, binary_kind, is_packed
from customs_monitor.intake.structure import line_breaks, scan_records

DELIMITERS = ",;\t|"
_RECORDS_LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class Header:
    """The start of a delimited file.

    Attributes:
        cells: The header's fields as found; without the last one where it stands for no column (`trailing`).
        line: The header's line.
        delimiter: One character.
        encoding: `utf-8`, `windows-1252`, or None while every byte so far is ASCII and so reads the same in both.
        data_start: Offset of the first byte after the header record.
        data_line: Line of that byte.
        trailing: Whether a delimiter ends the records, so that each has a field more than there are columns.
    """

    cells: tuple[str, ...]
    line: int
    delimiter: str
    encoding: str | None
    data_start: int
    data_line: int
    trailing: bool


def read_head(stream: ByteStream, limits: Limits) -> bytes:
    """Read the start of a stream, as far as `limits.head_bytes` or a fault, which the next read shows again."""
    parts: list[bytes] = []
    missing = limits.head_bytes
    while missing > 0:
        try:
            part = stream.read(missing)
        except IntakeError:
            if not parts:
                raise
            break
        if not part:
            break
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def judge_encoding(data: bytes) -> str | None:
    """Decide between UTF-8 and Windows-1252.

    A text with accents in Windows-1252 is almost never valid UTF-8. A UTF-8 text with a few damaged bytes still
    has more valid multi-byte characters than damaged bytes, and stays UTF-8, so that the damage is reported and
    not read as other letters.

    Returns:
        The encoding, or None when all bytes are ASCII.
    """
    if data.isascii():
        return None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)  # not final: the head may end inside a character
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="surrogateescape").encode("utf-32-le", errors="surrogatepass")
        points = np.frombuffer(text, dtype="<u4")
        damaged = int(np.count_nonzero((points >= 0xDC80) & (points <= 0xDCFF)))
        valid = int(np.count_nonzero(points > 0x7F)) - damaged
        return "utf-8" if valid > damaged else "windows-1252"
    return "utf-8"


def read_header(head: bytes, fmt: CsvFormat, limits: Limits, *, encoding: str | None, whole: bool) -> Header:
    """Read the header of delimited text.

    Args:
        head: The first bytes, without byte order mark.
        fmt: What the contract declares; what it leaves out is detected.
        limits: For the length of a record.
        encoding: What a byte order mark said.
        whole: Whether `head` is the whole file.

    Raises:
        IntakeError: The file is no delimited text (`NOT_TEXT`, `FORMAT_MISMATCH`, `NUL_BYTE`), has no header
            (`FILE_EMPTY`, `HEADER_EMPTY`), or its delimiter is not the declared one (`DELIMITER_MISMATCH`).
    """
    refuse_other_formats(head)
    encoding = encoding or fmt.encoding or judge_encoding(head)
    start, first_line = _skip_blank_lines(head)
    if start == len(head):
        raise IntakeError("FILE_EMPTY", "The file holds nothing but blank lines.", "Export the data again and send it.")
    text = _decode(head[start:], encoding, first_line)
    detected = detect_delimiter(text)
    delimiter = fmt.delimiter or detected
    if fmt.delimiter and len(_records(text, fmt.delimiter, 1)[0]) == 1 < len(_records(text, detected, 1)[0]):
        raise IntakeError(
            "DELIMITER_MISMATCH",
            f"The columns should be separated by {fmt.delimiter!r}, but the header is separated by {detected!r}.",
            f"Save the file with {fmt.delimiter!r} between the columns.",
            line=first_line,
        )
    ends, open_quote = scan_records(head[start:], ord(delimiter), final=whole, most=1)
    if not ends:
        if open_quote is not None:
            raise IntakeError(
                "QUOTE_NOT_CLOSED",
                "A quote opens in the header and is not closed.",
                "Close the quote, or double it if it is part of the name.",
                line=first_line + len(line_breaks(head[start : start + open_quote], final=True)),
            )
        raise IntakeError(
            "RECORD_TOO_LONG",
            f"The first {len(head):,} bytes hold no line break: this is no table.",
            "Check the line ends of the file.",
            line=first_line,
        )
    record = head[start : start + ends[0]]
    cells = _records(_decode(record, encoding, first_line), delimiter, 1)[0]
    if cells == [""] and record.strip(b'", \t\r\n'):
        raise IntakeError(
            "COLUMN_NAME_TOO_LONG",
            f"A column name is longer than {csv.field_size_limit():,} characters.",
            "Put the column names in the first row, and nothing else.",
            line=first_line,
        )
    named = len(cells) - (len(cells) > 1 and not cells[-1].strip())
    return Header(
        cells=tuple(cells[:named]),
        line=first_line,
        delimiter=delimiter,
        encoding=encoding,
        data_start=start + ends[0],
        data_line=first_line + len(line_breaks(record, final=True)),
        trailing=_ends_in_delimiter(text, delimiter, named, header_does=named < len(cells)),
    )


def detect_delimiter(text: str) -> str:
    """Choose the delimiter under which the first records agree best with the header's number of fields."""

    def merit(delimiter: str) -> tuple[float, int]:
        header, *records = (len(fields) for fields in _records(text, delimiter, _RECORDS_LOOKED_AT))
        if header == 1:
            return (-1.0, 0)
        agreeing = sum(count == header for count in records)
        return (agreeing / len(records) if records else 1.0, header)

    return max(DELIMITERS, key=merit)


def _ends_in_delimiter(text: str, delimiter: str, named: int, *, header_does: bool) -> bool:
    """Tell whether a delimiter ends the records; some writers put it behind the records and not behind the header.

    UN Comtrade's downloads do; the ECB ends all lines so. Where the records are of neither shape the header decides.
    """
    records = _records(text, delimiter, _RECORDS_LOOKED_AT)[1:]
    ending = sum(len(fields) == named + 1 and not fields[-1].strip() for fields in records)
    bare = sum(len(fields) == named for fields in records)
    return header_does if ending == bare else ending > bare


def refuse_other_formats(head: bytes) -> None:
    """Refuse what is certainly no delimited text, and say what it is."""
    kind = binary_kind(head)
    if kind:
        raise IntakeError("NOT_TEXT", f"The file is {kind}, not text.", _cure(head), line=1)
    if b"\0" in head:
        position = head.index(b"\0")
        odd, even = head[1:4000:2].count(0), head[0:4000:2].count(0)
        hint = " It looks like UTF-16 without a byte order mark." if max(odd, even) > len(head[:4000]) // 8 else ""
        raise IntakeError(
            "NUL_BYTE",
            f"Byte {position:,} is zero, which text never holds.{hint}",
            "Save the table as UTF-8 text and send it again.",
            line=1 + len(line_breaks(head[:position], final=True)),
        )
    start = head[:1000].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise IntakeError(
            "FORMAT_MISMATCH",
            "The file is a web page, perhaps a login or error page saved in place of the data.",
            "Download the data again.",
            line=1,
        )
    if start.startswith((b"<?xml", b"{", b"[{", b"[\n", b"[\r\n")):
        name = "XML" if start.startswith(b"<") else "JSON"
        raise IntakeError(
            "FORMAT_MISMATCH",
            f"The file is {name}, not delimited text.",
            "Send the table as CSV, or under the feed that takes this format.",
            line=1,
        )


def _cure(head: bytes) -> str:
    if is_packed(head):
        return "Send the files that are in it, one by one."
    if head.startswith(WORKBOOK_SIGNATURES):
        return "Open the workbook, save the sheet with the table as CSV (UTF-8), and send that file."
    return "Send the table itself, exported as CSV (UTF-8): the name of a file does not change its kind."


def _skip_blank_lines(head: bytes) -> tuple[int, int]:
    start = len(head) - len(head.lstrip(b" \t\r\n"))
    begin = max(head.rfind(b"\n", 0, start), head.rfind(b"\r", 0, start)) + 1  # keep the header's own indent
    return (start, 1) if start == len(head) else (begin, 1 + len(line_breaks(head[:begin], final=True)))


def _decode(data: bytes, encoding: str | None, line: int) -> str:
    """Decode a head that may end inside a character; a fault past the header record is reported with the data."""
    try:
        return codecs.getincrementaldecoder(encoding or "utf-8")().decode(data)
    except UnicodeDecodeError as error:
        header, separator, _ = data.partition(b"\n")
        if error.start >= len(header) and separator:
            return data[: error.start].decode(encoding or "utf-8")
        raise invalid_bytes(error, encoding or "utf-8", line, error.start) from error


def invalid_bytes(error: UnicodeDecodeError, encoding: str, line: int, offset: int) -> IntakeError:
    """Return the error for bytes that the encoding does not have, at `offset` of the file."""
    wrong = error.object[error.start : error.start + 1].hex()
    return IntakeError(
        "ENCODING_INVALID",
        f"Byte 0x{wrong} at offset {offset:,} is not valid in {encoding}.",
        "Save the whole file in one encoding, UTF-8 at best, and send it again.",
        line=line,
    )


def _records(text: str, delimiter: str, most: int) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found: list[list[str]] = []
    try:
        for record in reader:
            if record:
                found.append(record)
            if len(found) == most:
                break
    except csv.Error:  # a field beyond the module's limit: what was read so far decides
        pass
    return found or [[""]]
