"""Workbooks as Excel and LibreOffice read them, written part by part (ECMA-376 part 1, SpreadsheetML).

Written here and not by a library for three reasons. Figures keep their last bit; XlsxWriter cuts them at 16 digits.
Rows come ready-made from Arrow, 60,000 of an indicator's a second; XlsxWriter makes 5,000. And the file knows no clock.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
#: The earliest time a ZIP archive can hold.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
#: Characters that XML cannot hold, or that it changes on the way, and what looks like one that is written out so.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
#: Characters that Excel takes for a command in a page's header, and the most it prints there.
_HEADER_LENGTH = 200


class Style(IntEnum):
    """How a cell looks: its place in the formats of `styles.xml`."""

    TEXT = 0
    TITLE = 1
    HEADING = 2
    WRAPPED = 3
    LINK = 4
    WHOLE = 5
    DECIMAL = 6
    FRACTION = 7
    SCORE = 8
    SYMBOL = 9


@dataclass(frozen=True)
class Table:
    """A filterable table that fills its sheet from the first cell on: one header, and below it at least one row.

    Attributes:
        name: letters, digits and _; unlike any other table's and unlike a cell's address.
        headers: no two alike, regardless of case.
        rows: below the header.
        summary: what a screen reader says of it.
    """

    name: str
    headers: Sequence[str]
    rows: int
    summary: str

    @property
    def area(self) -> str:
        """Its cells, `A1:W100`."""
        return f"A1:{letters(len(self.headers) - 1)}{self.rows + 1}"


@dataclass(frozen=True)
class Sheet:
    """One sheet.

    Attributes:
        name: at most 31 characters, of letters, digits and spaces.
        widths: of the columns, in characters.
        rows: its rows as `row` writes them, any number in each text.
        table: what its rows are; the header stays in view and is repeated on every printed page.
        links: sheets that cells lead to, by the cell's address.
    """

    name: str
    widths: Sequence[float]
    rows: Iterable[str]
    table: Table | None = None
    links: Mapping[str, str] = field(default_factory=dict)


def text(value: str) -> str:
    """Return a text as it stands in a cell; whatever it begins with, it is no formula."""
    return escape(_UNSAFE.sub(lambda found: f"_x{ord(found[0]):04X}_", value))


def letters(column: int) -> str:
    """Return the letters of a column, counted from 0."""
    found = ""
    column += 1
    while column:
        column, place = divmod(column - 1, 26)
        found = chr(ord("A") + place) + found
    return found


def text_after(value: str, style: Style = Style.TEXT) -> str:
    """Return a cell with a text, but for its beginning `<c r="A1"`."""
    return f' s="{style}" t="inlineStr"><is><t xml:space="preserve">{text(value)}</t></is></c>'


def row(number: int, values: Sequence[tuple[str, Style] | None]) -> str:
    """Return a row.

    Args:
        number: from 1.
        values: texts of its cells from the first column on, with how they look; None leaves one out.
    """
    cells = "".join(
        f'<c r="{letters(column)}{number}"{text_after(*value)}' for column, value in enumerate(values) if value
    )
    return f'<row r="{number}">{cells}</row>'


def write_workbook(target: Path, sheets: Sequence[Sheet], title: str, subject: str, creator: str) -> None:
    """Write a workbook; the same sheets give the same bytes.

    Args:
        target: the file; an older one is replaced.
        sheets: in their order; the first is shown.
        title: of the document, also printed at the head of every page.
        subject: what it is about.
        creator: who made it.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        tables = [(place, sheet.table) for place, sheet in enumerate(sheets, start=1) if sheet.table]
        for name, content in (
            ("[Content_Types].xml", _content_types(len(sheets), len(tables))),
            ("_rels/.rels", _relations(_ROOT)),
            ("docProps/core.xml", _properties(title, subject, creator)),
            ("docProps/app.xml", _application(creator)),
            ("xl/workbook.xml", _workbook(sheets)),
            ("xl/_rels/workbook.xml.rels", _relations(_parts(len(sheets)))),
            ("xl/styles.xml", _STYLES),
        ):
            _put(archive, name, [content])
        for number, (place, table) in enumerate(tables, start=1):
            _put(archive, f"xl/tables/table{number}.xml", [_table(number, table)])
            relation = [(f"{_OFFICE}/relationships/table", f"../tables/table{number}.xml")]
            _put(archive, f"xl/worksheets/_rels/sheet{place}.xml.rels", [_relations(relation)])
        for place, sheet in enumerate(sheets, start=1):
            _put(archive, f"xl/worksheets/sheet{place}.xml", _sheet(sheet, title, first=place == 1))


def _put(archive: zipfile.ZipFile, name: str, content: Iterable[str]) -> None:
    entry = zipfile.ZipInfo(name, _NO_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(entry, "w") as stream:
        stream.write(_DECLARATION.encode("utf-8"))
        for part in content:
            stream.write(part.encode("utf-8"))


def _content_types(sheets: int, tables: int) -> str:
    spreadsheet = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "/xl/workbook.xml": f"{spreadsheet}.sheet.main+xml",
        "/xl/styles.xml": f"{spreadsheet}.styles+xml",
        "/docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
        "/docProps/app.xml": "application/vnd.openxmlformats-officedocument.extended-properties+xml",
    }
    parts |= {f"/xl/worksheets/sheet{number + 1}.xml": f"{spreadsheet}.worksheet+xml" for number in range(sheets)}
    parts |= {f"/xl/tables/table{number + 1}.xml": f"{spreadsheet}.table+xml" for number in range(tables)}
    overrides = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in parts.items())
    return (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


_ROOT = [
    (f"{_OFFICE}/relationships/officeDocument", "xl/workbook.xml"),
    (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
    (f"{_OFFICE}/relationships/extended-properties", "docProps/app.xml"),
]


def _parts(sheets: int) -> list[tuple[str, str]]:
    found = [(f"{_OFFICE}/relationships/worksheet", f"worksheets/sheet{number + 1}.xml") for number in range(sheets)]
    return [*found, (f"{_OFFICE}/relationships/styles", "styles.xml")]


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    found = "".join(
        f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{found}</Relationships>'


def _properties(title: str, subject: str, creator: str) -> str:
    return (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{text(title)}</dc:title><dc:subject>{text(subject)}</dc:subject>"
        f"<dc:creator>{text(creator)}</dc:creator><dc:language>en</dc:language></cp:coreProperties>"
    )


def _application(creator: str) -> str:
    return f'<Properties xmlns="{_OFFICE}/extended-properties"><Application>{text(creator)}</Application></Properties>'


def _workbook(sheets: Sequence[Sheet]) -> str:
    listed = "".join(
        f'<sheet name={quoteattr(sheet.name)} sheetId="{number}" r:id="rId{number}"/>'
        for number, sheet in enumerate(sheets, start=1)
    )
    titles = "".join(
        f'<definedName name="_xlnm.Print_Titles" localSheetId="{place}">'
        f"{escape(_quoted(sheet.name))}!$1:$1</definedName>"
        for place, sheet in enumerate(sheets)
        if sheet.table
    )
    names = f"<definedNames>{titles}</definedNames>" if titles else ""
    return (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}/relationships"><bookViews><workbookView/></bookViews>'
        f"<sheets>{listed}</sheets>{names}</workbook>"
    )


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def _sheet(sheet: Sheet, title: str, *, first: bool) -> Iterator[str]:
    columns = "".join(
        f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
        for place, width in enumerate(sheet.widths, start=1)
    )
    selected = ' tabSelected="1"' if first else ""
    frozen = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' if sheet.table else ""
    yield (
        f'<worksheet xmlns="{_MAIN}" xmlns:r="{_OFFICE}/relationships">'
        '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<sheetViews><sheetView{selected} workbookViewId="0">{frozen}</sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData>'
    )
    yield from sheet.rows
    links = "".join(
        f"<hyperlink ref={quoteattr(place)} location={quoteattr(_quoted(name) + '!A1')} display={quoteattr(name)}/>"
        for place, name in sheet.links.items()
    )
    head = escape(title.replace("&", "&&")[:_HEADER_LENGTH])
    yield (
        "</sheetData>"
        + (f"<hyperlinks>{links}</hyperlinks>" if links else "")
        + '<pageMargins left="0.5" right="0.5" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>'
        f'<pageSetup paperSize="9" orientation="{"landscape" if sheet.table else "portrait"}" fitToHeight="0"/>'
        f"<headerFooter><oddHeader>&amp;L{head}</oddHeader><oddFooter>&amp;L&amp;A&amp;R&amp;P / &amp;N</oddFooter>"
        "</headerFooter>" + (_filterable(sheet.table) if sheet.table else "") + "</worksheet>"
    )


def _filterable(table: Table) -> str:
    """Return what makes a sheet's cells a table; that years are texts is meant so."""
    return (
        f'<ignoredErrors><ignoredError sqref="{table.area}" numberStoredAsText="1"/></ignoredErrors>'
        '<tableParts count="1"><tablePart r:id="rId1"/></tableParts>'
    )


def _table(number: int, table: Table) -> str:
    columns = "".join(
        f'<tableColumn id="{place}" name={quoteattr(text(header), {"&amp;": "&"})}/>'
        for place, header in enumerate(table.headers, start=1)
    )
    return (
        f'<table xmlns="{_MAIN}" id="{number}" name="{table.name}" displayName="{table.name}" ref="{table.area}">'
        f'<autoFilter ref="{table.area}"/><tableColumns count="{len(table.headers)}">{columns}</tableColumns>'
        '<tableStyleInfo name="TableStyleLight9" showFirstColumn="0" showLastColumn="0" showRowStripes="1" '
        'showColumnStripes="0"/>'
        # The description for screen readers is an extension of 2009.
        '<extLst><ext uri="{504A1905-F514-4f6f-8877-14C23A59335A}" '
        'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">'
        f"<x14:table altText={quoteattr(table.name)} altTextSummary={quoteattr(table.summary)}/></ext></extLst></table>"
    )


def _format(font: int = 0, number: int = 0, alignment: str = "") -> str:
    used = "".join(
        f' {name}="1"'
        for name, value in (("applyFont", font), ("applyNumberFormat", number), ("applyAlignment", alignment))
        if value
    )
    inside = f"<alignment {alignment}/>" if alignment else ""
    return f'<xf numFmtId="{number}" fontId="{font}" fillId="0" borderId="0" xfId="0"{used}>{inside}</xf>'


#: In the order of `Style`. Numbers below 164 are formats that every program has (ECMA-376 part 1, 18.8.30).
_FORMATS = (
    _format(),
    _format(font=1),
    _format(font=2, alignment='vertical="top"'),
    _format(alignment='vertical="top" wrapText="1"'),
    _format(font=3),
    _format(number=3),
    _format(number=164),
    _format(number=165),
    _format(number=2),
    _format(alignment='horizontal="right"'),
)
_FONT = '<name val="Calibri"/><family val="2"/>'
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="#,##0.00##"/><numFmt numFmtId="165" formatCode="0.0%"/>'
    "</numFmts>"
    f'<fonts count="4"><font><sz val="11"/>{_FONT}</font><font><b/><sz val="14"/>{_FONT}</font>'
    f'<font><b/><sz val="11"/>{_FONT}</font><font><u/><sz val="11"/><color rgb="FF0B5394"/>{_FONT}</font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    "</fills>"
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    f'<cellXfs count="{len(_FORMATS)}">{"".join(_FORMATS)}</cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
