"""What a sender writes is text in every report: no spreadsheet runs it, no page shows it as markup."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from openpyxl import load_workbook

from customs_monitor.checking import CheckPool
from hostile.case import GOOD, HEADER, OTHER_ROW, ROW, with_cell
from hostile.workbook_parts import book, cell, row, sheet

_FORMULAS = (
    "=cmd|' /C calc'!A0",
    "=HYPERLINK(1)",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\uff1dcmd",
    "\uff0b1+cmd",
    "\uff0d1+cmd",
    "\uff20SUM",
)
_OPENING = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_MARKUP = "<img src=x onerror=alert(1)>"


def _no_formula(path: Path) -> None:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        cells = [text for line in csv.reader(lines) for text in line]
    assert cells
    assert [text for text in cells if text.startswith(_OPENING)] == []


@pytest.mark.parametrize("formula", _FORMULAS)
def test_of_csv(formula: str, pool: CheckPool, tmp_path: Path) -> None:
    """A code, a column name and a comment that are formulas: in the copy, and in the list where there is no copy."""
    data = with_cell("movement", formula, quoted=True).decode()
    data = data.replace("conf_status,comment", f'"{formula}",comment', 1)
    for name, text in (("copy", data), ("list", data + '"')):
        file, scratch = tmp_path / f"{name}.csv", tmp_path / name
        scratch.mkdir()
        file.write_bytes(text.encode())
        result = pool.check(file, "crc_statistics", scratch)
        assert result.verdict == "refused"
        (copy,) = (path for path in result.reports if path.suffix == ".csv")
        assert copy.name == {"copy": "annotated.csv", "list": "issues.csv"}[name]
        _no_formula(copy)
        assert file.read_bytes() == text.encode()


def test_of_workbooks(pool: CheckPool, tmp_path: Path) -> None:
    texts = [formula for formula in _FORMULAS if formula.isprintable()]
    rows = [row(1, HEADER), row(2, ROW), row(3, OTHER_ROW)]
    rows += [row(number, ROW, movement=cell(f"C{number}", text)) for number, text in enumerate(texts, start=4)]
    content = book(sheet_xml=sheet(*rows))
    (tmp_path / "delivery.xlsx").write_bytes(content)
    (tmp_path / "job").mkdir()
    result = pool.check(tmp_path / "delivery.xlsx", "crc_statistics", tmp_path / "job")
    (copy,) = (path for path in result.reports if path.suffix == ".xlsx")
    written = [one for line in load_workbook(copy).worksheets[0].iter_rows() for one in line if one.value is not None]
    assert [one for one in written if one.data_type == "f"] == []
    assert set(texts) <= {one.value for one in written}
    assert (tmp_path / "delivery.xlsx").read_bytes() == content


def test_of_pages(pool: CheckPool, tmp_path: Path) -> None:
    file = tmp_path / "delivery.csv"
    file.write_text(GOOD.replace("ENTRY", _MARKUP).replace("conf_status", f"{_MARKUP}x"))
    (tmp_path / "job").mkdir()
    result = pool.check(file, "crc_statistics", tmp_path / "job", file_name=f"{_MARKUP}.csv")
    (page,) = (path for path in result.reports if path.suffix == ".html")
    text = page.read_text(encoding="utf-8")
    assert "onerror" in text
    assert "<img" not in text
