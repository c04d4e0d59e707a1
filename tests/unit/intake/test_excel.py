"""Workbooks: cells become text, and a workbook that asks for too much ends its own process only."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from customs_monitor.contracts.formats import ExcelFormat
from customs_monitor.intake import IntakeError, Limits, excel, open_table
from customs_monitor.intake.limits import DEFAULT_LIMITS

Write = Callable[..., Path]
Read = Callable[..., Any]
Failure = Callable[..., IntakeError]


def workbook(*sheets: tuple[str, dict[str, Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, cells in sheets:
        sheet = book.create_sheet(name)
        for address, value in cells.items():
            sheet[address] = value
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def moment(*parts: int) -> datetime.datetime:
    """A date and time as workbooks have them: without a time zone."""
    return datetime.datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


def test_cells_become_text(write: Write, read: Read) -> None:
    cells = {
        "A1": " code ", "B1": "value", "C1": "when",
        "A2": "0101", "B2": 12, "C2": moment(2024, 1, 2),
        "A3": " x ", "B3": 0.1, "C3": moment(2024, 1, 2, 3, 4, 5),
        "A4": True, "B4": 1e300, "C4": datetime.time(3, 4),
        "A6": "after a gap", "B6": -1234567, "C6": datetime.timedelta(hours=30),
    }  # fmt: skip
    columns, rows, problems = read(write(workbook(("S", cells)), "a.xlsx"), ExcelFormat())
    assert columns == ("code", "value", "when")
    assert rows == [
        (2, "0101", "12", "2024-01-02"),
        (3, "x", "0.1", "2024-01-02T03:04:05"),
        (4, "true", "1e+300", "03:04:00"),
        (6, "after a gap", "-1234567", "30:00:00"),
    ]
    assert problems == []


def test_the_first_sheet_with_a_header_and_a_row_is_read(write: Write, read: Read) -> None:
    content = workbook(("Read me", {"A1": "Fill in"}), ("Data", {"A1": "a", "A2": 1}), ("More", {"A1": "b", "A2": 2}))
    path = write(content, "a.xlsx")
    assert read(path, ExcelFormat()) == (("a",), [(2, "1")], [])
    assert read(path, ExcelFormat(sheet="More")) == (("b",), [(2, "2")], [])


def test_the_header_may_stand_lower_and_to_the_right(write: Write, read: Read) -> None:
    cells = {"B1": "Customs statistics", "B3": "a", "C3": "b", "B4": 1, "C4": "-", "B5": 2, "C5": None}
    path = write(workbook(("S", cells)), "a.xlsx")
    fmt = ExcelFormat(header_row=3, null_values=("-",))
    assert read(path, fmt) == (("a", "b"), [(4, "1", None), (5, "2", None)], [])


def test_a_note_beside_the_table_refuses_its_row_only(write: Write, read: Read) -> None:
    cells = {"A1": "a", "B1": "b", "A2": 1, "B2": 2, "A3": 3, "B3": 4, "D3": "estimate"}
    _, rows, problems = read(write(workbook(("S", cells)), "a.xlsx"), ExcelFormat())
    assert rows == [(2, "1", "2")]
    assert problems == [("RECORD_TOO_MANY_FIELDS", 3)]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({}, "SHEET_EMPTY"),
        ({"A2": "below"}, "SHEET_EMPTY"),
        ({"A1": "a", "B1": "b"}, "HEADER_ONLY"),
        ({"A1": "a", "B1": "a", "A2": 1}, "HEADER_DUPLICATE"),
    ],
)
def test_sheets_without_a_table(write: Write, failure: Failure, cells: dict[str, Any], code: str) -> None:
    assert failure(write(workbook(("S", cells)), "a.xlsx"), ExcelFormat()).code == code


def test_a_missing_sheet_is_told_with_those_that_are_there(write: Write, failure: Failure) -> None:
    error = failure(write(workbook(("S", {"A1": 1}), ("T", {})), "a.xlsx"), ExcelFormat(sheet="Data"))
    assert error.code == "SHEET_MISSING"
    assert "S, T" in error.message


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_workbook(write: Write, failure: Failure, share: float) -> None:
    content = workbook(("S", {"A1": "a", "A2": 1}))
    error = failure(write(content[: int(len(content) * share)], "a.xlsx"), ExcelFormat())
    assert error.code == "ZIP_TRUNCATED"


@pytest.mark.parametrize("value", [0, 0x80, 0xFF])
def test_no_wrong_byte_in_the_table_of_contents_is_a_fault_of_ours(write: Write, value: int) -> None:
    content = workbook(("S", {"A1": "a", "A2": 1}))
    for place in range(content.index(b"PK\x01\x02"), len(content)):
        path = write(content[:place] + bytes([value]) + content[place + 1 :], "a.xlsx")
        with suppress(IntakeError):
            excel._check_container(path, DEFAULT_LIMITS)


def test_a_damaged_workbook(write: Write, failure: Failure) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert failure(write(buffer.getvalue(), "a.xlsx"), ExcelFormat()).code == "FORMAT_MISMATCH"
    assert failure(write(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.xls"), ExcelFormat()).code == (
        "WORKBOOK_INVALID"
    )


@pytest.mark.parametrize(("content", "code"), [(b"", "FILE_EMPTY"), (b"a,b\n1,2\n", "FORMAT_MISMATCH")])
def test_what_is_no_workbook(write: Write, failure: Failure, content: bytes, code: str) -> None:
    assert failure(write(content, "a.xlsx"), ExcelFormat()).code == code


def test_one_far_cell_does_not_take_the_machines_memory(write: Write, failure: Failure) -> None:
    content = workbook(("S", {"A1": "a", "XFD1048576": "far"}))
    assert failure(write(content, "a.xlsx"), ExcelFormat()).code == "EXPANDS_TOO_FAR"


def test_an_archive_that_says_it_expands_too_far_is_not_opened(write: Write, failure: Failure) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(4 << 20))
    error = failure(write(buffer.getvalue(), "a.xlsx"), ExcelFormat(), Limits(expansion_grace=1 << 20))
    assert error.code == "EXPANDS_TOO_FAR"


def test_the_reading_process_is_ended_when_the_reader_stops(write: Write) -> None:
    cells: dict[str, Any] = {"A1": "a"} | {f"A{row}": row for row in range(2, 20_000)}
    batches = open_table(write(workbook(("S", cells)), "a.xlsx"), ExcelFormat()).batches()
    assert next(batches).num_rows
    batches.close()  # type: ignore[attr-defined]


@pytest.mark.shared_data
def test_an_old_binary_workbook(shared_data: Path, read: Read) -> None:
    columns, rows, _ = read(shared_data / "nomenclature" / "CN_concordances_1988_2025.xls", ExcelFormat())
    assert columns == ("Period", "Origin code", "Destination code")
    assert rows[0] == (2, "19881989", "02012011", "02012021")
