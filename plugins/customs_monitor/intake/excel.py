"""Workbooks (XLSX, XLSM, XLSB, ODS and the old binary XLS) to Arrow, read in a process that may not exhaust this one.

Formulas give their stored value, macros never run, and a cell that shows an error (`#N/A`) is empty. The whole
sheet is held in memory by the process that reads it, which is the format's own bound (1,048,576 rows).
"""

from __future__ import annotations

import json
import math
import re
import signal
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from customs_monitor.contracts.formats import TEMPLATE_SHEET, ExcelFormat
from customs_monitor.intake.errors import IntakeError, IntakeProblem, shown
from customs_monitor.intake.limits import DEFAULT_LIMITS, Limits
from customs_monitor.intake.rows import to_batches
from customs_monitor.intake.source import WORKBOOK_PARTS
from customs_monitor.intake.table import RawTable, name_columns

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: What Python says of a damaged table of contents: one wrong byte can be a version of the format that it does not know.
_DAMAGED = (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, OSError)
#: The record at the end of a ZIP archive, with the longest comment.
_LONGEST_END = 22 + 65_535
#: How far into a part its document type would be, and in how many parts it is looked for.
_PROLOG, _MOST_PARTS = 65_536, 2_000
_ROOT = re.compile(rb"<[A-Za-z_]")
_PROCESS = Path(__file__).with_name("workbook_process.py")
_Row = tuple[int, list[str | None]]
_most_memory: float = math.inf


def bound_workbooks(memory: int) -> None:
    """Bound the processes in which this one opens workbooks, where it may take less memory than others.

    Args:
        memory: address space of each, in bytes; an interpreter takes a tenth of a gigabyte.
    """
    global _most_memory
    _most_memory = memory


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook, open for reading.

    Attributes:
        name: The sheet.
        names: All sheets of the workbook, in its order.
        header: The cells of the header row, without the empty ones at its end.
        rows: Sheet row and cells below the header; rows without any value are not among them.
    """

    name: str
    names: tuple[str, ...]
    header: tuple[str | None, ...]
    rows: Iterator[_Row]


def open_excel(path: Path, fmt: ExcelFormat, limits: Limits = DEFAULT_LIMITS) -> RawTable:
    """Open one sheet of a workbook.

    Returns:
        The table; a row with a value to the right of the last column name is left out and becomes a problem.

    Raises:
        IntakeError: The workbook or its header cannot be read. Later faults are raised by the table's batches.
    """
    sheet = open_sheet(path, fmt, limits)
    columns = name_columns(sheet.header, limits, fmt.header_row)
    problems: list[IntakeProblem] = []

    def batches() -> Iterator[pa.RecordBatch]:
        rows = 0
        for batch in to_batches(columns, _fitting(sheet.rows, len(columns), fmt, problems)):
            rows += batch.num_rows
            yield batch
        if not rows and not problems:
            raise IntakeError(
                "HEADER_ONLY",
                f"Sheet {sheet.name!r} has column names in row {fmt.header_row} and no row below.",
                "Fill in the rows, or send a nil return if there is nothing to report.",
                line=fmt.header_row,
            )

    return RawTable(columns, batches(), problems)


def open_sheet(path: Path, fmt: ExcelFormat, limits: Limits = DEFAULT_LIMITS, *, most: int = 0) -> Sheet:
    """Open the sheet that `fmt` names, else the data sheet of a template, else the first with a header and a row.

    Args:
        path: The workbook.
        fmt: Sheet and header row.
        limits: Memory and time of the reading process, expansion of the archive.
        most: Read no more than this many rows, the header among them; 0 for all.

    Raises:
        IntakeError: `ZIP_TRUNCATED`, `EXPANDS_TOO_FAR`, `FILE_ENCRYPTED`, `WORKBOOK_INVALID`, `FORMAT_MISMATCH`,
            `SHEET_MISSING` or `SHEET_EMPTY`.
    """
    _check_container(path, limits)
    messages = _messages(path, fmt, limits, most)
    opening = next(messages)
    rows = ((number, cells) for message in messages for number, cells in message)
    number, header = next(rows, (0, []))
    if number != fmt.header_row:
        raise IntakeError(
            "SHEET_EMPTY",
            f"Sheet {opening['sheet']!r} has nothing in row {fmt.header_row}, where the column names should be.",
            f"Put the column names in row {fmt.header_row} of the sheet.",
            line=fmt.header_row,
        )
    while header and header[-1] is None:
        header.pop()
    return Sheet(opening["sheet"], tuple(opening["names"]), tuple(header), rows)


def _fitting(rows: Iterator[_Row], width: int, fmt: ExcelFormat, problems: list[IntakeProblem]) -> Iterator[_Row]:
    """Cut rows to the header's width and turn null texts into None; a value beyond the header is a problem."""
    nulls = set(fmt.null_values)
    for number, cells in rows:
        beyond = [cell for cell in cells[width:] if cell is not None]
        if beyond:
            problems.append(
                IntakeProblem(
                    code="RECORD_TOO_MANY_FIELDS",
                    line=number,
                    column=None,
                    value=shown(beyond[0]),
                    message=f"The row has a value to the right of the last of the {width} named columns.",
                    cure="Remove notes beside the table, or name the column.",
                )
            )
            continue
        row = [None if cell in nulls else cell for cell in cells[:width]]
        row.extend([None] * (width - len(row)))
        if any(cell is not None for cell in row):
            yield number, row


def _check_container(path: Path, limits: Limits) -> None:
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise IntakeError("FILE_EMPTY", "The file has no content.", "Send the file again.")
    if head.startswith(_OLE):
        return
    if not head.startswith(_ZIP):
        raise IntakeError(
            "FORMAT_MISMATCH", "The file is no workbook, whatever its name says.", "Send the table as XLSX or CSV."
        )
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            declared = _document_type(archive, entries)
    except _DAMAGED as error:
        raise IntakeError(
            "ZIP_TRUNCATED",
            f"The workbook is incomplete: its table of contents is missing or damaged ({error}).",
            "Send the file again; the transfer was cut short.",
        ) from error
    names = [entry.filename for entry in entries]
    if not any(name.startswith(WORKBOOK_PARTS) for name in names):
        raise IntakeError(
            "FORMAT_MISMATCH",
            "The file is an archive of files, not a workbook.",
            "Send the files that are in it, one by one.",
        )
    if not _ends_with_its_table(path):
        raise _refused("WORKBOOK_INVALID", "something else follows it in the same file", ExcelFormat())
    if declared:
        raise IntakeError(
            "XML_FORBIDDEN",
            f"The part {shown(declared)!r} of the workbook has a document type declaration; no program writes one.",
            "Open and save it in a spreadsheet program, and send it again.",
        )
    if len(set(names)) != len(names):
        # Programs differ in which of the two they read, so that it would be two workbooks at once.
        raise _refused("WORKBOOK_INVALID", "it has two parts of the same name", ExcelFormat())
    expanded = sum(entry.file_size for entry in entries)
    packed = path.stat().st_size
    if expanded > max(limits.expansion_grace, packed * limits.expansion_ratio):
        raise _too_large(f"{packed:,} bytes of workbook expand to {expanded:,}")


def _document_type(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> str | None:
    """Return the name of the first part that declares a document type, and so could define entities; else None.

    The reader expands none, but other programs that open the workbook, or its annotated copy, might.
    """
    for entry in entries[:_MOST_PARTS]:
        if entry.filename.endswith((".xml", ".rels")):
            # What cannot be read here, the process that reads the workbook cannot read either.
            with (
                suppress(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError),
                archive.open(entry) as part,
            ):
                head = part.read(_PROLOG).replace(b"\0", b"")
                if b"<!DOCTYPE" in head[: root.start() if (root := _ROOT.search(head)) else None]:
                    return entry.filename
    return None


def _ends_with_its_table(path: Path) -> bool:
    """Tell whether nothing follows the record that ends a ZIP archive, and its comment."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - _LONGEST_END, 0))
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    return end >= 0 and len(tail) == end + 22 + int.from_bytes(tail[end + 20 : end + 22], "little")


def _too_large(what: str) -> IntakeError:
    return IntakeError(
        "EXPANDS_TOO_FAR",
        f"The workbook asks for more memory than any table needs: {what}.",
        "Delete the cells far outside the table, or send the table as CSV.",
    )


def _messages(path: Path, fmt: ExcelFormat, limits: Limits, most: int) -> Iterator[Any]:
    """Run the reading process and yield what it writes; it is ended when the reader stops early."""
    command = [
        *(sys.executable, "-I", str(_PROCESS), str(path.absolute())),
        *(str(min(limits.workbook_memory, _most_memory)), str(limits.workbook_seconds)),
        *(fmt.sheet or "", TEMPLATE_SHEET, str(fmt.header_row), str(most)),
    ]
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                message = json.loads(line)
                if isinstance(message, dict) and "end" in message:
                    return
                if isinstance(message, dict) and "error" in message:
                    raise _refused(message["error"], message["text"], fmt)
                yield message
            raise _died(process.wait(), complaints)
        finally:
            process.kill()


def _refused(code: str, text: str, fmt: ExcelFormat) -> IntakeError:
    if code == "FILE_ENCRYPTED":
        return IntakeError(
            code, "The workbook is protected by a password.", "Save it without a password and send it again."
        )
    if code == "SHEET_MISSING":
        return IntakeError(
            code,
            f"The workbook has no sheet {fmt.sheet!r}; it has: {text}.",
            f"Name the sheet with the table {fmt.sheet!r}.",
        )
    return IntakeError(
        code, f"The workbook cannot be read: {text}.", "Open and save it in a spreadsheet program, and send it again."
    )


def _died(code: int, complaints: IO[bytes]) -> IntakeError:
    """Explain why the reading process ended early; out of memory and out of time are the file's doing."""
    complaints.seek(0)
    text = complaints.read().decode(errors="replace").strip()
    if -code in (signal.SIGABRT, signal.SIGKILL, signal.SIGXCPU) or "MemoryError" in text:
        return _too_large("the process that opened it was stopped")
    last = text.splitlines()[-1] if text else f"exit code {code}"
    return _refused("WORKBOOK_INVALID", last, ExcelFormat())
