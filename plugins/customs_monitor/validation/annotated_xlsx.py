"""The annotated copy of a workbook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from customs_monitor.intake import Sniffed
from customs_monitor.validation.issue_file import ListedIssue
from customs_monitor.validation.spreadsheet_text import cures, messages
from customs_monitor.validation.workbook_file import save_workbook

_FILLS = {
    "error": PatternFill("solid", fgColor="FFF4C7C3"),
    "warning": PatternFill("solid", fgColor="FFFCE8B2"),
    "information": PatternFill("solid", fgColor="FFD2E3FC"),
}
#: Comments are drawings, which spreadsheets open slowly; all issues are in the added columns.
_MOST_COMMENTS = 5_000


def annotate_xlsx(
    source: Path, found: Sniffed, by_line: Iterator[tuple[int | None, list[ListedIssue]]], target: Path
) -> Path:
    """Copy a workbook with marked cells, comments, and the columns `_issues` and `_cure`.

    Formulas are replaced by the values that were read, and links to other files are dropped.

    Args:
        source: the file as received.
        found: the sheet that was read, and its header.
        by_line: the issues by sheet row, ascending; None, the whole delivery, first.
        target: the copy.
    """
    book = load_workbook(source, data_only=True, keep_links=False)
    sheet = book[found.sheet] if found.sheet in book.sheetnames else book.worksheets[0]
    header_row, columns = _header(sheet, found.header)
    last = (sheet.max_column or 0) + 1
    _put(sheet, header_row, last, "_issues")
    _put(sheet, header_row, last + 1, "_cure")
    comments = 0
    for line, issues in by_line:
        row = header_row if line is None else line
        heading = "_issues: " if line is None else ""
        _put(sheet, row, last, heading + messages(issues))
        _put(sheet, row, last + 1, cures(issues))
        for issue in reversed(issues):
            column = columns.get(issue.column or "")
            if column is None:
                continue
            cell = sheet.cell(row, column)
            if not isinstance(cell, Cell):
                continue
            cell.fill = _FILLS[issue.severity]
            if comments < _MOST_COMMENTS:
                cell.comment = Comment(f"{issue.message}\n{issue.cure}", "Customs Monitor")
                comments += 1
    save_workbook(book, target)
    return target


def _header(sheet: Worksheet, names: tuple[str, ...]) -> tuple[int, dict[str, int]]:
    """Return the row of the header and the position of each of its columns."""
    for row in sheet.iter_rows(min_row=1, max_row=100):
        found = {" ".join(str(cell.value).split()): cell.column for cell in row if cell.value is not None}
        if names and all(name in found or name.startswith("_unnamed_") for name in names):
            return int(row[0].row or 1), {name: int(column) for name, column in found.items() if column}
    return 1, {}


def _put(sheet: Worksheet, row: int, column: int, text: str) -> None:
    cell = sheet.cell(row, column)
    if isinstance(cell, Cell):
        cell.value = text
        # Whatever it begins with, it is text.
        cell.data_type = "s"
