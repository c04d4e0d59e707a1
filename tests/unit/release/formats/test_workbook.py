"""The workbook: what an official sees, and that no program has to mend it."""

from __future__ import annotations

import re
import warnings
import zipfile
from io import BytesIO

import openpyxl
import pytest
from lxml import etree

from customs_monitor.release.formats import ooxml, workbook
from customs_monitor.release.formats.workbook import WorkbookFormat


@pytest.fixture
def written(table, observations, parquet, tmp_path):
    """Write rows as a workbook and return its path."""

    def write(*rows):
        target = tmp_path / "o4-3.xlsx"
        WorkbookFormat().write(table, parquet(observations(rows) if rows else observations()), target)
        return target

    return write


def _opened(path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return openpyxl.load_workbook(path)


def test_it_reads_like_this(written, golden):
    book = _opened(written())
    lines = []
    for sheet in book:
        lines.append(f"=== {sheet.title}")
        for row in sheet.iter_rows():
            cells = [
                f"{cell.value}" + (f" [{cell.number_format}]" if cell.number_format != "General" else "")
                for cell in row
                if cell.value is not None
            ]
            # The fingerprint goes with the version of PyArrow that wrote the Parquet file.
            lines.append(re.sub(r"(?<!\.)\b[0-9a-f]{16}\b", "(fingerprint)", " | ".join(cells)))
    golden("o4-3.xlsx.txt", "\n".join(lines) + "\n")


def test_its_properties_name_title_and_language_and_no_time(written):
    path = written()
    properties = _opened(path).properties
    assert properties.title.startswith("o4-3: Change in capacities")
    assert (properties.language, properties.creator) == ("en", "Customs Monitor")
    with zipfile.ZipFile(path) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"dcterms:" not in archive.read("docProps/core.xml")


def test_the_table_is_filterable_frozen_printed_with_its_header_and_described(written):
    path = written()
    sheet = _opened(path)["Data"]
    (found,) = sheet.tables.values()
    assert (found.name, found.ref, found.autoFilter.ref) == ("Data_o4_3", "A1:S8", "A1:S8")
    assert [column.name for column in found.tableColumns] == [cell.value for cell in sheet[1]]
    assert (sheet.freeze_panes, sheet.print_title_rows, sheet.page_setup.orientation) == ("A2", "$1:$1", "landscape")
    with zipfile.ZipFile(path) as archive:
        assert b'altTextSummary="Figures of o4-3' in archive.read("xl/tables/table1.xml")


def test_figures_are_numbers_and_gaps_are_symbols(written):
    sheet = _opened(written())["Data"]
    place = {cell.value: cell.column - 1 for cell in sheet[1]}
    seen = {
        (row[place["Area code"]].value, row[place["Measure code"]].value, row[place["Period"]].value): (
            row[place["Value"]].value,
            row[place["Value"]].number_format,
            row[place["Status"]].value,
        )
        for row in sheet.iter_rows(min_row=2)
    }
    assert seen["BE", "SHARE_3_4", "2018-2020"] == (2 / 3, "0.0%", "Normal value")
    assert seen["BE", "MEAN", "2018-2020"] == (2.75, "0.00", "Normal value")
    assert seen["EU27_2020", "COUNT_4", "2021-2022"] == (12345.5, "#,##0.00##", "Definition differs")
    assert seen["AT", "MEAN", "2018-2020"][0] == "c"
    assert seen["EL", "MEAN", "2018-2020"][0] == ":"


def test_no_text_becomes_a_formula(written):
    hostile = ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://example.org")', "=cmd|' /C calc'!A0"]
    path = written(*((text, "2026", text, "MEAN", "SCORE", 1.0, "A", "F", 1) for text in hostile))
    with zipfile.ZipFile(path) as archive:
        cells = etree.fromstring(archive.read("xl/worksheets/sheet2.xml")).findall(".//{*}c")
    assert not [cell for cell in cells if cell.find("{*}f") is not None]
    assert {cell.value for row in _opened(path)["Data"].iter_rows() for cell in row} >= set(hostile)
    assert {cell.data_type for row in _opened(path)["Data"].iter_rows() for cell in row} <= {"s", "n", "inlineStr"}


def test_more_rows_than_a_sheet_holds_go_to_further_sheets(table, written, observations, monkeypatch):
    monkeypatch.setattr(workbook, "_SHEET_ROWS", 3)
    path = written()
    book = _opened(path)
    assert book.sheetnames == ["Contents", "Data", "Data 2", "Data 3", "Notes"]
    names = [name for sheet in book for name in sheet.tables]
    assert names == ["Data_o4_3", "Data_2_o4_3", "Data_3_o4_3"]
    rows = observations()
    assert sum(batch.num_rows for batch in WorkbookFormat().read(table, path, rows.schema)) == rows.num_rows


def test_every_part_is_well_formed_named_once_and_of_a_known_type(written):
    with zipfile.ZipFile(written()) as archive:
        names = archive.namelist()
        assert len(names) == len(set(names))
        for name in names:
            etree.fromstring(archive.read(name))
        types = etree.fromstring(archive.read("[Content_Types].xml"))
        declared = {part.get("PartName") for part in types.findall("{*}Override")}
        assert declared == {f"/{name}" for name in names if not name.endswith(".rels") and "Content_Types" not in name}
        for name in names:
            if name.endswith(".rels"):
                folder = name.replace("_rels/", "").rpartition("/")[0]
                for relation in etree.fromstring(archive.read(name)):
                    target = f"{folder}/{relation.get('Target')}".strip("/").replace("worksheets/../", "")
                    assert target in names


def test_the_elements_of_a_sheet_are_in_the_order_of_the_standard(written):
    # ECMA-376 part 1, 18.3.1.99: another order is what Excel calls a damaged file.
    order = [
        *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "autoFilter", "hyperlinks"),
        *("pageMargins", "pageSetup", "headerFooter", "ignoredErrors", "tableParts"),
    ]
    with zipfile.ZipFile(written()) as archive:
        for number in (1, 2, 3):
            root = etree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
            found = [order.index(etree.QName(child).localname) for child in root]
            assert found == sorted(found)


def test_a_symbol_that_the_status_does_not_explain_is_no_missing_value(table, written, observations):
    path = written(("AT", "2026", "_T", "MEAN", "SCORE", None, "Q", "C", 1))
    changed = BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b">c<", b">0 <"))
    path.write_bytes(changed.getvalue())
    with pytest.raises(ValueError, match=r"Data, row 2: '0 ' is no symbol of status Q"):
        list(WorkbookFormat().read(table, path, observations().schema))


@pytest.mark.parametrize(("number", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_have_the_letters_of_a_spreadsheet(number, name):
    assert ooxml.letters(number) == name
