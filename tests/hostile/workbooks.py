"""Workbooks that lie about their size, ask for other files, carry programs, or are none."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from hostile.case import GOOD, HEADER, OTHER_ROW, ROW, Case, good
from hostile.workbook_parts import (
    BOOK,
    BOOK_LINKS,
    MAIN,
    RELATION,
    SHEET,
    STRINGS,
    TYPES,
    book,
    cell,
    good_rows,
    parts,
    row,
    sheet,
)

_XML = '<?xml version="1.0"?>'
_XXE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
_LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    + '<!ENTITY e "&a11;">]>'
)
_QUADRATIC = f'<!DOCTYPE x [<!ENTITY e "{"x" * 100_000}">]>'
_REMOTE = '<!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd">'
_ENTITY_ROW = row(2, ROW, movement='<c r="C2" t="inlineStr"><is><t>&e;</t></is></c>')
_LONG = "x" * 30_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def _sheet_with(*more: str, before: str = "", after: str = "") -> str:
    return sheet(*good_rows(), *more, before=before, after=after)


def _with_first(name: str, xml: str) -> bytes:
    """Return the good workbook with another cell in its first row."""
    return book(sheet_xml=sheet(row(1, HEADER), row(2, ROW, **{name: xml}), row(3, OTHER_ROW)))


def _entity(document_type: str) -> dict[str, bytes]:
    """Return workbooks with a document type in every part that is read."""
    declared = f"{_XML}{document_type}"
    whole = {name: content for name, content in parts().items() if isinstance(content, str)}
    found = {
        "sheet": book(sheet_xml=sheet(row(1, HEADER), _ENTITY_ROW, row(3, OTHER_ROW), head=declared)),
        "strings": book(
            {STRINGS: f'{declared}<sst xmlns="{MAIN}"><si><t>&e;</t></si></sst>'},
            sheet(row(1, HEADER), row(2, ROW, movement='<c r="C2" t="s"><v>0</v></c>'), row(3, OTHER_ROW)),
        ),
    }
    for part, name in ((TYPES, "types"), (BOOK, "book"), (BOOK_LINKS, "links")):
        _, _, body = whole[part].partition("?>")
        found[name] = book({part: f"{declared}{body}"})
    return found


def _shared_string_bomb(path: Path) -> None:
    """A string of 30 kB, used in a million cells: 30 GB, if every cell had its own."""
    rows = "".join(
        f'<row r="{n}">{"".join(f"<c t={chr(34)}s{chr(34)}><v>0</v></c>" * 10)}</row>' for n in range(2, 30_002)
    )
    path.write_bytes(
        book({STRINGS: f'{_XML}<sst xmlns="{MAIN}"><si><t>{_LONG}</t></si></sst>'}, sheet(row(1, HEADER), rows))
    )


def _large_part(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts().items():
            if name != SHEET:
                archive.writestr(name, content)
        with archive.open(SHEET, "w", force_zip64=True) as target:
            target.write(f'{_XML}<worksheet xmlns="{MAIN}"><sheetData>'.encode())
            for _ in range(80):
                target.write(b" " * (1 << 20))
            target.write(b"</sheetData></worksheet>")


def _lying_size(path: Path) -> None:
    """The table of contents says that a sheet of 80 MB has 1000 bytes."""
    _large_part(path)
    data = bytearray(path.read_bytes())
    place = data.rindex(SHEET.encode()) - 46
    data[place + 24 : place + 28] = (1000).to_bytes(4, "little")
    path.write_bytes(bytes(data))


def _open_document(content: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml", f'{_XML}<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
        )
        archive.writestr("content.xml", content)
    return sink.getvalue()


def _ods(rows: str, document_type: str = "") -> bytes:
    names = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    return _open_document(
        f'{_XML}{document_type}<office:document-content {names} office:version="1.2"><office:body><office:spreadsheet>'
        f'<table:table table:name="data">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )


def _ods_row(line: str, more: str = "") -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
        for text in line.split(",")
    )
    return f"<table:table-row {more}>{cells}</table:table-row>"


def _duplicated(part: str, content: str) -> bytes:
    sink = io.BytesIO(book())
    with zipfile.ZipFile(sink, "a") as archive:
        archive.writestr(part, content)
    return sink.getvalue()


def _flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :]


_BOOK = book()
_EVIL_SHEET = sheet(row(1, HEADER), row(2, ROW.replace("ENTRY", "NOWHERE")))
_LINK = f'<Relationship Id="rId9" Type="{RELATION}/externalLink" Target="file:///etc/passwd" TargetMode="External"/>'
_LINKS = str(parts()[BOOK_LINKS])


def _links(target: str, mode: str = "") -> str:
    return _LINKS.replace('Target="worksheets/sheet1.xml"', f'Target="{target}" {mode}')


CASES = (
    good("xlsx", _BOOK),
    good("xlsx_named_csv", _BOOK, file="delivery.csv"),
    # Entities.
    *(Case(f"xlsx_xxe_{part}", "XML_FORBIDDEN", content) for part, content in _entity(_XXE).items()),
    *(Case(f"xlsx_laughs_{part}", "XML_FORBIDDEN", content) for part, content in _entity(_LAUGHS).items()),
    *(Case(f"xlsx_quadratic_{part}", "XML_FORBIDDEN", content) for part, content in _entity(_QUADRATIC).items()),
    *(Case(f"xlsx_remote_{part}", "XML_FORBIDDEN", content) for part, content in _entity(_REMOTE).items()),
    # Sizes that are not there, or should not be.
    good("xlsx_dimension_lies", book(sheet_xml=_sheet_with(before='<dimension ref="A1:XFD1048576"/>'))),
    good("xlsx_dimension_backwards", book(sheet_xml=_sheet_with(before='<dimension ref="XFD1048576:A1"/>'))),
    Case(
        "xlsx_dimension_nonsense",
        "WORKBOOK_INVALID",
        book(sheet_xml=_sheet_with(before='<dimension ref="../../etc"/>')),
    ),
    Case(
        "xlsx_cell_in_the_last_corner",
        "EXPANDS_TOO_FAR",
        book(sheet_xml=_sheet_with('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')),
    ),
    Case(
        "xlsx_cell_beyond_the_corner",
        "EXPANDS_TOO_FAR",
        book(sheet_xml=_sheet_with('<row r="9999999"><c r="ZZZZZ9999999"><v>1</v></c></row>')),
    ),
    Case(
        "xlsx_row_number_huge",
        "EXPANDS_TOO_FAR",
        book(sheet_xml=_sheet_with('<row r="4294967295"><c r="A4294967295"><v>1</v></c></row>')),
    ),
    Case(
        "xlsx_row_number_negative",
        "WORKBOOK_INVALID",
        book(sheet_xml=_sheet_with('<row r="-5"><c r="A-5"><v>1</v></c></row>')),
    ),
    Case(
        "xlsx_row_number_zero",
        "WORKBOOK_INVALID",
        book(sheet_xml=_sheet_with('<row r="0"><c r="A0"><v>1</v></c></row>')),
    ),
    Case(
        "xlsx_cell_without_column",
        "WORKBOOK_INVALID",
        book(sheet_xml=_sheet_with('<row r="4"><c r="4"><v>1</v></c></row>')),
    ),
    Case(
        "xlsx_far_column_in_data",
        "RECORD_TOO_MANY_FIELDS",
        book(sheet_xml=_sheet_with('<row r="4"><c r="XFD4"><v>1</v></c></row>')),
    ),
    Case(
        "xlsx_far_column_in_header",
        "TOO_MANY_COLUMNS",
        book(sheet_xml=sheet(row(1, HEADER).replace("</row>", cell("XFD1", "far") + "</row>"), *good_rows()[1:])),
    ),
    Case("xlsx_shared_string_bomb", "EXPANDS_TOO_FAR", _shared_string_bomb),
    Case(
        "xlsx_shared_string_missing",
        "WORKBOOK_INVALID",
        _with_first("movement", '<c r="C2" t="s"><v>4000000000</v></c>'),
    ),
    good("xlsx_shared_string_negative", _with_first("movement", '<c r="C2" t="s"><v>-1</v></c>')),
    Case("xlsx_sheet_of_80_megabytes", "EXPANDS_TOO_FAR", _large_part),
    Case("xlsx_sheet_size_lies", "WORKBOOK_INVALID", _lying_size),
    Case("xlsx_cell_of_a_megabyte", "CODE_UNKNOWN", _with_first("movement", cell("C2", "x" * 1_000_000))),
    good(
        "xlsx_a_thousand_merged_cells",
        book(
            sheet_xml=_sheet_with(
                after="<mergeCells>"
                + "".join(f'<mergeCell ref="M{n}:XFD{n}"/>' for n in range(1, 1001))
                + "</mergeCells>"
            )
        ),
    ),
    good(
        "xlsx_deep_markup",
        book(sheet_xml=_sheet_with(after="<extLst>" + "<ext>" * 5000 + "</ext>" * 5000 + "</extLst>")),
    ),
    # Parts that are missing, broken, or somewhere else.
    Case("xlsx_without_book", "SHEET_MISSING", book({BOOK: None})),
    Case("xlsx_without_sheet", "WORKBOOK_INVALID", book({SHEET: None})),
    Case("xlsx_without_links", "WORKBOOK_INVALID", book({BOOK_LINKS: None})),
    good("xlsx_without_types", book({TYPES: None})),
    good("xlsx_without_strings", book({STRINGS: None})),
    Case("xlsx_link_climbs", "WORKBOOK_INVALID", book({BOOK_LINKS: _links("../../../../etc/passwd")})),
    Case("xlsx_link_absolute", "WORKBOOK_INVALID", book({BOOK_LINKS: _links("/etc/passwd")})),
    Case(
        "xlsx_link_remote",
        "WORKBOOK_INVALID",
        book({BOOK_LINKS: _links("http://192.0.2.1/x", 'TargetMode="External"')}),
    ),
    Case(
        "xlsx_link_file", "WORKBOOK_INVALID", book({BOOK_LINKS: _links("file:///etc/passwd", 'TargetMode="External"')})
    ),
    Case("xlsx_link_to_itself", "SHEET_EMPTY", book({BOOK_LINKS: _links("_rels/workbook.xml.rels")})),
    Case("xlsx_sheet_cut", "WORKBOOK_INVALID", book(sheet_xml=_sheet_with()[:-200])),
    Case("xlsx_sheet_no_xml", "WORKBOOK_INVALID", book(sheet_xml=b"\0\1\2 no xml")),
    Case("xlsx_sheet_empty_part", "WORKBOOK_INVALID", book(sheet_xml=b"")),
    Case("xlsx_sheet_without_rows", "SHEET_EMPTY", book(sheet_xml=sheet())),
    Case("xlsx_sheet_header_only", "HEADER_ONLY", book(sheet_xml=sheet(row(1, HEADER)))),
    Case(
        "xlsx_sheet_latin_bytes",
        "WORKBOOK_INVALID",
        book(sheet_xml=_sheet_with().replace("ENTRY", "ENTR\u00dd").encode("latin-1")),
    ),
    Case("xlsx_sheet_utf16", "SHEET_EMPTY", book(sheet_xml=_sheet_with().replace("UTF-8", "UTF-16").encode("utf-16"))),
    Case("xlsx_sheet_nul", "WORKBOOK_INVALID", book(sheet_xml=_sheet_with().replace("ENTRY", "EN&#0;TRY"))),
    Case("xlsx_sheet_control_letter", "CODE_UNKNOWN", book(sheet_xml=_sheet_with().replace("ENTRY", "EN&#1;TRY", 1))),
    Case(
        "xlsx_sheet_surrogate", "WORKBOOK_INVALID", book(sheet_xml=_sheet_with().replace("ENTRY", "EN&#xD800;TRY", 1))
    ),
    Case(
        "xlsx_sheet_escaped_letter", "CODE_UNKNOWN", book(sheet_xml=_sheet_with().replace("ENTRY", "EN_x0000_TRY", 1))
    ),
    Case("xlsx_without_sheets", "SHEET_MISSING", book({BOOK: f'{_XML}<workbook xmlns="{MAIN}"><sheets/></workbook>'})),
    Case("xlsx_part_twice", "WORKBOOK_INVALID", _duplicated(SHEET, _EVIL_SHEET)),
    # Programs, links, what is hidden.
    good("xlsx_macros", book({"xl/vbaProject.bin": _OLE + b"\0" * 600}), file="delivery.xlsm"),
    good(
        "xlsx_external_link",
        book(
            {
                "xl/externalLinks/externalLink1.xml": f'{_XML}<externalLink xmlns="{MAIN}"/>',
                BOOK_LINKS: _LINKS.replace("</Relationships>", _LINK + "</Relationships>"),
            }
        ),
    ),
    good("xlsx_embedded_program", book({"xl/embeddings/oleObject1.bin": b"MZ\x90\0"})),
    good("xlsx_hidden_sheet", book(sheet_attributes='state="hidden"')),
    good("xlsx_very_hidden_sheet", book(sheet_attributes='state="veryHidden"')),
    good("xlsx_hidden_rows", book(sheet_xml=_sheet_with().replace('<row r="3">', '<row r="3" hidden="1">'))),
    good("xlsx_formula_with_value", _with_first("automated_hits", "<c r='F2'><f>1000+1576</f><v>2576</v></c>")),
    Case(
        "xlsx_formula_without_value",
        "MISSING_VALUE",
        _with_first("automated_hits", "<c r='F2'><f>WEBSERVICE(\"http://192.0.2.1\")</f></c>"),
    ),
    Case("xlsx_formula_text", "CODE_UNKNOWN", _with_first("movement", cell("C2", "=cmd|' /C calc'!A0"))),
    good("xlsx_formula_dde", _with_first("movement", "<c r='C2' t='str'><f>cmd|'/C calc'!A0</f><v>ENTRY</v></c>")),
    Case("xlsx_error_cell", "MISSING_VALUE", _with_first("automated_hits", "<c r='F2' t='e'><v>#REF!</v></c>")),
    Case("xlsx_boolean_for_a_count", "TYPE_INTEGER", _with_first("automated_hits", "<c r='F2' t='b'><v>1</v></c>")),
    Case("xlsx_text_for_a_count", "TYPE_INTEGER", _with_first("automated_hits", cell("F2", "many"))),
    good("xlsx_digits_for_a_count", _with_first("automated_hits", cell("F2", "2576"))),
    Case("xlsx_fraction", "TYPE_INTEGER", _with_first("automated_hits", cell("F2", "2576.5", figure=True))),
    Case("xlsx_1e308", "TYPE_INTEGER", _with_first("automated_hits", cell("F2", "1E+308", figure=True))),
    Case("xlsx_1e999", "TYPE_INTEGER", _with_first("automated_hits", cell("F2", "1e999", figure=True))),
    Case("xlsx_nan", "TYPE_INTEGER", _with_first("automated_hits", cell("F2", "NaN", figure=True))),
    Case("xlsx_figure_no_number", "TYPE_INTEGER", _with_first("automated_hits", cell("F2", "abc", figure=True))),
    Case("xlsx_digits_400", "TYPE_INTEGER", _with_first("automated_hits", cell("F2", "9" * 400, figure=True))),
    Case("xlsx_minus", "OUT_OF_RANGE", _with_first("positive_results", cell("I2", "-1", figure=True))),
    Case(
        "xlsx_date_cell",
        "PERIOD_MISMATCH TYPE_PERIOD",
        _with_first("reference_period", "<c r='A2' t='d'><v>2026-06-30</v></c>"),
    ),
    Case(
        "xlsx_date_nonsense",
        "PERIOD_MISMATCH TYPE_PERIOD",
        _with_first("reference_period", "<c r='A2' t='d'><v>2026-99-99</v></c>"),
    ),
    Case("xlsx_cell_type_unknown", "WORKBOOK_INVALID", _with_first("movement", "<c r='C2' t='zzz'><v>ENTRY</v></c>")),
    Case(
        "xlsx_note_beside_the_table",
        "RECORD_TOO_MANY_FIELDS",
        book(sheet_xml=_sheet_with('<row r="4">' + cell("N4", "note") + "</row>")),
    ),
    # Not whole, or no workbook.
    Case("xlsx_cut", "ZIP_TRUNCATED", _BOOK[: len(_BOOK) // 2]),
    Case("xlsx_head_only", "ZIP_TRUNCATED", _BOOK[:30]),
    Case("xlsx_bytes_behind", "WORKBOOK_INVALID", _BOOK + b"\0" * 100),
    Case("xlsx_csv_behind", "WORKBOOK_INVALID", _BOOK + GOOD.encode()),
    Case("xlsx_csv_before", "NUL_BYTE", GOOD.encode() + _BOOK),
    Case("xlsx_bit_flipped", "WORKBOOK_INVALID", _flipped(_BOOK, _BOOK.index(SHEET.encode()) + 80)),
    Case("xlsx_in_xlsx", "WORKBOOK_INVALID", book({SHEET: _BOOK})),
    Case(
        "xlsb_of_nothing", "SHEET_MISSING", book({BOOK: None, "xl/workbook.bin": b"\x83\x01\0"}), file="delivery.xlsb"
    ),
    Case("xls_mark_and_zeros", "WORKBOOK_INVALID", _OLE + b"\0" * 4096, file="delivery.xls"),
    Case("xls_mark_and_noise", "WORKBOOK_INVALID", _OLE + bytes(range(256)) * 16, file="delivery.xls"),
    Case("xls_mark_only", "WORKBOOK_INVALID", _OLE, file="delivery.xls"),
    Case(
        "xls_sectors_in_a_circle",
        "EXPANDS_TOO_FAR",
        _OLE
        + b"\0" * 16
        + b"\x3e\0\x03\0\xfe\xff\x09\0\x06\0"
        + b"\0" * 6
        + b"\x01\0\0\0" * 4
        + b"\0\x10\0\0"
        + b"\0\0\0\0" * 4
        + b"\0\0\0\0" * 109
        + b"\0\0\0\0" * 256,
        file="delivery.xls",
    ),
    good("ods", _ods(_ods_row(HEADER) + _ods_row(ROW) + _ods_row(OTHER_ROW)), file="delivery.ods"),
    Case(
        "ods_xxe",
        "XML_FORBIDDEN",
        _ods(_ods_row(HEADER) + _ods_row(ROW.replace("ENTRY", "&e;")), _XXE),
        file="delivery.ods",
    ),
    Case(
        "ods_laughs",
        "XML_FORBIDDEN",
        _ods(_ods_row(HEADER) + _ods_row(ROW.replace("ENTRY", "&e;")), _LAUGHS),
        file="delivery.ods",
    ),
    Case(
        "ods_rows_by_the_million",
        "EXPANDS_TOO_FAR",
        _ods(_ods_row(HEADER) + _ods_row(ROW, 'table:number-rows-repeated="100000000"')),
        file="delivery.ods",
    ),
    Case(
        "ods_columns_by_the_million",
        "RECORD_TOO_MANY_FIELDS",
        _ods(
            _ods_row(HEADER)
            + _ods_row(ROW).replace(
                "<table:table-cell", '<table:table-cell table:number-columns-repeated="100000000"', 1
            )
        ),
        file="delivery.ods",
    ),
    good(
        "ods_empty_rows_by_the_million",
        _ods(
            _ods_row(HEADER)
            + _ods_row(ROW)
            + '<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
        ),
        file="delivery.ods",
    ),
    Case("ods_content_no_xml", "SHEET_MISSING", _open_document("no xml"), file="delivery.ods"),
)
