"""Workbooks put together part by part, so that any part can be wrong."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

from hostile.case import COLUMNS, HEADER, OTHER_ROW, ROW

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET = "xl/worksheets/sheet1.xml"
BOOK = "xl/workbook.xml"
BOOK_LINKS = "xl/_rels/workbook.xml.rels"
TYPES = "[Content_Types].xml"
STRINGS = "xl/sharedStrings.xml"
#: Columns that hold figures.
_FIGURES = range(5, 9)


def letter(number: int) -> str:
    """Return the letters of a column, from 0."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def cell(place: str, text: str, *, figure: bool = False) -> str:
    """Return a cell with a text or a figure."""
    if figure:
        return f'<c r="{place}"><v>{text}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def row(number: int, line: str, **other: str) -> str:
    """Return a row of the template; `other` replaces cells by column name, as XML."""
    cells = []
    for place, (name, text) in enumerate(zip(COLUMNS, line.split(","), strict=True)):
        if name in other:
            cells.append(other[name])
        elif text:
            cells.append(cell(f"{letter(place)}{number}", text, figure=place in _FIGURES and number > 1))
    return f'<row r="{number}">{"".join(cells)}</row>'


def sheet(*rows: str, before: str = "", after: str = "", head: str = _XML) -> str:
    """Return a worksheet with these rows."""
    return f'{head}<worksheet xmlns="{MAIN}" xmlns:r="{RELATION}">{before}<sheetData>{"".join(rows)}</sheetData>{after}</worksheet>'


def good_rows() -> tuple[str, str, str]:
    """Return the rows of the good delivery."""
    return row(1, HEADER), row(2, ROW), row(3, OTHER_ROW)


def parts(sheet_xml: str | bytes | None = None, *, sheet_attributes: str = "") -> dict[str, str | bytes]:
    """Return the parts of a workbook with one sheet, to be changed."""
    return {
        TYPES: f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{BOOK}" ContentType="{_SHEET_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/{SHEET}" ContentType="{_SHEET_TYPE}.worksheet+xml"/></Types>',
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{RELATION}/officeDocument" Target="{BOOK}"/></Relationships>',
        BOOK: f'{_XML}<workbook xmlns="{MAIN}" xmlns:r="{RELATION}"><sheets><sheet name="data" sheetId="1" r:id="rId1" '
        f"{sheet_attributes}/></sheets></workbook>",
        BOOK_LINKS: f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{RELATION}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" '
        f'Type="{RELATION}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        SHEET: sheet_xml if sheet_xml is not None else sheet(*good_rows()),
        STRINGS: f'{_XML}<sst xmlns="{MAIN}" count="1" uniqueCount="1"><si><t>ENTRY</t></si></sst>',
    }


def book(
    changed: Mapping[str, str | bytes | None] | None = None, sheet_xml: str | bytes | None = None, **more: str
) -> bytes:
    """Return a workbook; `changed` replaces parts by name, adds them, or takes them out (None)."""
    contents: dict[str, str | bytes | None] = {**parts(sheet_xml, **more), **(changed or {})}
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            if content is not None:
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return sink.getvalue()
