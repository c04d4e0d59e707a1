"""Workbooks (XLSX, XLSM, XLSB, ODS and the old binary XLS) to Arrow, read in a process that may not exhaust this one.

Formulas give their stored value, macros never run, and a cell that shows an error (`#N/A`) is empty. The whole
sheet is held in memory by the process that reads it, which is the format's own bound (1,048,576 rows).
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from customs_monitor.contracts.formats import TEMPLATE_SHEET, ExcelFormat
from customs_monitor.intake.errors import IntakeError, IntakeProblem, shown
from customs_monitor.intake.limits import DEFAULT_LIMITS, Limits
from customs_monitor.intake.rows import to_batches
from customs_monitor.intake.table import RawTable, name_columns

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PROCESS = Path(__file__).with_name("workbook_process.py")
_Row = tuple[int, list[str | None]]


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
            expanded = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise IntakeError(
            "ZIP_TRUNCATED",
            f"The workbook is incomplete: its table of contents is missing or damaged ({error}).",
            "Send the file again; the transfer was cut short.",
        ) from error
    packed = path.stat().st_size
    if expanded > max(limits.expansion_grace, packed * limits.expansion_ratio):
        raise _too_large(f"{packed:,} bytes of workbook expand to {expanded:,}")


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
        *(str(limits.workbook_memory), str(limits.workbook_seconds)),
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
