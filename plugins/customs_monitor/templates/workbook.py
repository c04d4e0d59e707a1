"""A template as XLSX: the same order gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from customs_monitor.contracts import Registry
from customs_monitor.contracts.formats import TEMPLATE_SHEET, ExcelFormat
from customs_monitor.templates.columns import Column, columns_of
from customs_monitor.templates.notes import Section, sections
from customs_monitor.templates.order import Order
from customs_monitor.templates.texts import Texts
from customs_monitor.validation.workbook_file import save_workbook

#: Limits of the format: rows of a sheet, characters of a list written into a cell's rule, of a title and of a note.
_LAST_ROW = 1_048_576
_LONGEST_LIST = 255
_LONGEST_TITLE = 32
_LONGEST_NOTE = 255
#: Bounds where a concept has none: what a spreadsheet keeps exactly.
_EXACT = 10**15
_LISTS_SHEET = "lists"

#: How the cells of a column are kept. Text stays as it is typed: 07 is no 7, and 2026-09 no day.
_NUMBER_FORMATS: Mapping[str, str] = {
    "integer": "0",
    "decimal": "General",
    "number": "General",
    "date": "yyyy-mm-dd",
    "timestamp": "yyyy-mm-dd hh:mm:ss",
}
_TEXT_FORMAT = "@"
_NOTES_WIDTHS = (26, 90, 12, 24, 40, 14, 50)
_CODES_WIDTHS = (26, 18, 70, 50)

_STRONG = Font(bold=True)
_HEADING = Font(bold=True, size=12)
_TITLE = Font(bold=True, size=14)
_HEADER_FILL = PatternFill("solid", fgColor="FFDCE6F1")
_UNDERLINED = Border(bottom=Side("thin"))
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_TOP = Alignment(vertical="top")


def write_template(
    asked: Order,
    registry: Registry,
    target: Path,
    language: str = "en",
    rows: Iterable[Mapping[str, str]] = (),
) -> Path:
    """Write the template of a feed.

    Args:
        asked: the feed, perhaps for one period and one sender.
        registry: concepts and codelists.
        target: the file.
        language: one of `LANGUAGES`.
        rows: what is filled in already, by property (`earlier_keys`); the other cells of these rows are left empty.

    Returns:
        The file.

    Raises:
        ContractSqlError: if a rule of the contract is no SQL.
        OSError: if the file cannot be written.
    """
    texts = Texts(language)
    columns = columns_of(asked, registry)
    assert isinstance(asked.layout.format, ExcelFormat)
    data_sheet = asked.layout.format.sheet or TEMPLATE_SHEET
    book = Workbook()
    book.properties.title = texts("title", name=asked.contract.name)
    book.properties.creator = "Customs Monitor"
    book.remove(book.worksheets[0])
    data = book.create_sheet(data_sheet)
    _write_notes(book.create_sheet(texts("sheet.notes")), asked, sections(asked, data_sheet, columns, texts), texts)
    if any(column.choices for column in columns):
        _write_codes(book.create_sheet(texts("sheet.codes")), columns, texts)
    _write_data(data, columns, texts)
    _fill_in(data, columns, rows)
    save_workbook(book, target)
    return target


def _write_data(sheet: Worksheet, columns: tuple[Column, ...], texts: Texts) -> None:
    """Write the header, and what a spreadsheet shows and judges in the cells below."""
    for position, column in enumerate(columns, start=1):
        letter = get_column_letter(position)
        dimension = sheet.column_dimensions[letter]
        dimension.width = max(12, len(column.header) + 3)
        dimension.number_format = _NUMBER_FORMATS.get(column.concept.logicalType, _TEXT_FORMAT)
        _head(_put(sheet, 1, position, column.header))
        rule = _rule(column, _source(sheet.parent, position, column), texts)
        rule.add(f"{letter}2:{letter}{_LAST_ROW}")
        sheet.add_data_validation(rule)
    sheet.freeze_panes = "A2"


def _fill_in(sheet: Worksheet, columns: tuple[Column, ...], rows: Iterable[Mapping[str, str]]) -> None:
    for number, row in enumerate(rows, start=2):
        for position, column in enumerate(columns, start=1):
            if value := row.get(column.item.name):
                _put(sheet, number, position, value)


def _source(book: Workbook | None, position: int, column: Column) -> str:
    """Return where a drop-down has its values from: the rule itself, or the hidden sheet, which is made for it."""
    codes = [code.code for code in column.choices]
    inline = ",".join(codes)
    if len(inline) <= _LONGEST_LIST:
        return f'"{inline}"'
    assert book is not None
    if _LISTS_SHEET not in book.sheetnames:
        book.create_sheet(_LISTS_SHEET).sheet_state = Worksheet.SHEETSTATE_HIDDEN
    lists = book[_LISTS_SHEET]
    _put(lists, 1, position, column.header)
    for row, code in enumerate(codes, start=2):
        _put(lists, row, position, code)
    letter = get_column_letter(position)
    return f"{_LISTS_SHEET}!${letter}$2:${letter}${len(codes) + 1}"


def _rule(column: Column, source: str, texts: Texts) -> DataValidation:
    form, allowed = column.form(texts), column.allowed(texts)
    said = (column.needed(texts), allowed or form, column.item.note or "", column.concept.definition)
    return DataValidation(
        **_condition(column, source),
        allow_blank=True,
        showInputMessage=True,
        promptTitle=_cut(column.header, _LONGEST_TITLE),
        prompt=_cut(" ".join(_sentence(part) for part in said if part)),
        showErrorMessage=True,
        errorStyle="stop" if column.closed else "warning",
        errorTitle=_cut(texts("refused.title"), _LONGEST_TITLE),
        error=_cut(texts("refused", allowed=allowed or form)),
    )


def _condition(column: Column, source: str) -> dict[str, Any]:
    """Return what a spreadsheet can judge of a cell; whatever it lets pass the check judges again."""
    concept = column.concept
    low = concept.minimum if concept.minimum is not None else -_EXACT
    high = concept.maximum if concept.maximum is not None else _EXACT
    match concept.logicalType:
        case _ if column.choices:
            return {"type": "list", "formula1": source}
        case "integer":
            return {"type": "whole", "operator": "between", "formula1": f"{low:.0f}", "formula2": f"{high:.0f}"}
        case "decimal" | "number":
            return {"type": "decimal", "operator": "between", "formula1": f"{low}", "formula2": f"{high}"}
        case "date" | "timestamp":
            # The first day that a spreadsheet knows.
            return {"type": "date", "operator": "greaterThanOrEqual", "formula1": "1"}
        case "string" if column.longest is not None:
            return {"type": "textLength", "operator": "lessThanOrEqual", "formula1": str(column.longest)}
        case _:
            return {}


def _write_notes(sheet: Worksheet, asked: Order, notes: tuple[Section, ...], texts: Texts) -> None:
    _put(sheet, 1, 1, asked.contract.name).font = _TITLE
    row = 2
    if prose := texts("prose"):
        _put(sheet, row, 1, prose)
        row += 1
    for section in notes:
        row += 1
        heading = _put(sheet, row, 1, section.heading)
        heading.font, heading.border = _HEADING, _UNDERLINED
        if section.head:
            row += 1
            for position, name in enumerate(section.head, start=1):
                _head(_put(sheet, row, position, name))
        for cells in section.rows:
            row += 1
            for position, text in enumerate(cells, start=1):
                if text:
                    cell = _put(sheet, row, position, text)
                    cell.alignment = _WRAPPED if position > 1 else _TOP
                    cell.font = _STRONG if position == 1 else Font()
    _set_widths(sheet, _NOTES_WIDTHS)
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _write_codes(sheet: Worksheet, columns: tuple[Column, ...], texts: Texts) -> None:
    for position, name in enumerate(("column", "code", "meaning", "details"), start=1):
        _head(_put(sheet, 1, position, texts(f"codes.{name}")))
    row = 1
    for column in columns:
        for code in column.choices:
            row += 1
            # Bare numbers only order a list, or are the code in somebody else's.
            details = "; ".join(
                f"{name}: {value}" for name, value in code.attributes.items() if value and not value.isdigit()
            )
            for position, text in enumerate((column.header, code.code, code.label, details), start=1):
                if text:
                    _put(sheet, row, position, text)
    sheet.auto_filter.ref = f"A1:D{row}"
    sheet.freeze_panes = "A2"
    _set_widths(sheet, _CODES_WIDTHS)


def _put(sheet: Worksheet, row: int, column: int, text: str) -> Cell:
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell), "no cells of a template are merged"
    cell.value = text
    # Whatever it begins with, it is text.
    cell.data_type = "s"
    cell.number_format = _TEXT_FORMAT
    return cell


def _head(cell: Cell) -> None:
    cell.font, cell.fill, cell.border = _STRONG, _HEADER_FILL, _UNDERLINED


def _set_widths(sheet: Worksheet, widths: Iterable[int]) -> None:
    for position, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(position)].width = width


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _cut(text: str, length: int = _LONGEST_NOTE) -> str:
    """Cut a text between words to what the format holds."""
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0] + "…"
