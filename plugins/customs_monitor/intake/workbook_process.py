"""Reads one workbook in a process of its own, and writes its rows to standard output.

Run as a script, never imported: a few kilobytes of XLSX, XLS or ODS can ask the parser for more memory than the
machine has (one cell in the last column of the last row, one long string used a million times), and the parser
aborts the process when it does not get it. Here that ends this process only.

Call: `python workbook_process.py PATH MEMORY_BYTES CPU_SECONDS SHEET|"" PREFERRED_SHEET HEADER_ROW MOST_ROWS` (0: all
rows). Without SHEET the preferred one is read if it has a header, else the first that has a header and a row.
Output: a JSON value a line. First `{"sheet": name, "names": [...]}` or `{"error": code, "text": ...}`, then lists
of `[sheet row, [text or null, ...]]` from the header row on, without the empty rows, then `{"end": true}`.
"""

from __future__ import annotations

import datetime
import json
import resource
import sys
from typing import TextIO

import python_calamine

_ROWS_A_MESSAGE = 4_096
_LARGEST_EXACT = 2**53


def _text(value: object) -> str | None:
    """Turn a cell into text: dates as ISO 8601, whole numbers without a decimal point, booleans in lower case."""
    if isinstance(value, str):
        return value.strip(" \t\r\n\u00a0") or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) <= _LARGEST_EXACT else repr(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(value)


def _has_table(sheet: python_calamine.CalamineSheet, header_row: int) -> bool:
    return sheet.end is not None and sheet.end[0] >= header_row  # counted from 0


def _choose(
    workbook: python_calamine.CalamineWorkbook, wanted: str, preferred: str, header_row: int
) -> python_calamine.CalamineSheet | None:
    if wanted:
        return workbook.get_sheet_by_name(wanted) if wanted in workbook.sheet_names else None
    names = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet]
    if preferred in names:
        sheet = workbook.get_sheet_by_name(preferred)
        if _has_table(sheet, header_row - 1):
            return sheet
    first: python_calamine.CalamineSheet | None = None
    for name in names:
        sheet = workbook.get_sheet_by_name(name)
        if _has_table(sheet, header_row):
            return sheet
        first = first or sheet
    return first


def _send(message: object, out: TextIO) -> None:
    out.write(json.dumps(message, separators=(",", ":")) + "\n")


def main(path: str, wanted: str, preferred: str, header_row: int, most: int, out: TextIO) -> None:
    """Write the rows of one sheet to `out`."""
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(path)
        sheet = _choose(workbook, wanted, preferred, header_row)
    except python_calamine.PasswordError:
        _send({"error": "FILE_ENCRYPTED", "text": ""}, out)
        return
    except (python_calamine.CalamineError, OSError) as error:
        _send({"error": "WORKBOOK_INVALID", "text": str(error)}, out)
        return
    if sheet is None:
        _send({"error": "SHEET_MISSING", "text": ", ".join(workbook.sheet_names)}, out)
        return
    _send({"sheet": sheet.name, "names": workbook.sheet_names}, out)
    message: list[tuple[int, list[str | None]]] = []
    given = 0
    for number, cells in enumerate(sheet.iter_rows() if sheet.start else (), start=1):
        row = [_text(cell) for cell in cells]
        if number < header_row or not any(row):
            continue
        message.append((number, row))
        given += 1
        if len(message) == _ROWS_A_MESSAGE:
            _send(message, out)
            message = []
        if given == most:
            break
    _send(message, out)
    _send({"end": True}, out)


def _lower(kind: int, most: int) -> None:
    """Bound this process; where whoever started it has bounded it more, that stays."""
    bound = min([most, *(limit for limit in resource.getrlimit(kind) if limit != resource.RLIM_INFINITY)])
    resource.setrlimit(kind, (bound, bound))


if __name__ == "__main__":
    _, path, memory, seconds, wanted, preferred, header_row, most = sys.argv
    _lower(resource.RLIMIT_AS, int(memory))
    _lower(resource.RLIMIT_CPU, int(seconds))
    _lower(resource.RLIMIT_CORE, 0)
    main(path, wanted, preferred, int(header_row), int(most), sys.stdout)
