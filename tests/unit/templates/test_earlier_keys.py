"""A template with the keys of the sender's last delivery: what comes back filled in is accepted."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from customs_monitor import cli
from customs_monitor.contracts import Registry
from customs_storage import open_store
from customs_storage.layout import Layout
from support.uploading import Uploading, statistics

RUNNER = CliRunner()
HEADER, *ROWS = csv.reader(io.StringIO(statistics(period="2026-Q2").decode()))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store in which DE has sent two quarters, the later one as a nil return, and AT one."""
    folder = tmp_path_factory.mktemp("earlier")
    portal = Uploading(open_store((folder / "store").as_uri()), Layout.load(), Registry.load(), folder)
    nil = dict.fromkeys(HEADER, "0") | {"reference_period": "2026-Q3", "member_state": "DE"}
    nil |= {"movement": "_T", "crc_code": "_T", "high_interest_country": "_T", "conf_status": "", "comment": ""}
    portal.send(statistics(period="2026-Q1"))
    portal.send(statistics(period="2026-Q2"))
    portal.send(f"{','.join(HEADER)}\n{','.join(nil.values())}\n".encode())
    portal.send(statistics(period="2026-Q2", sender="AT").replace(b"CRC02", b"CRC03"), sender="AT")
    portal.judge()
    return portal.store.url


def filled(tmp_path: Path, store: str, sender: str, period: str) -> tuple[list[list[object]], str]:
    path = tmp_path / "t.xlsx"
    options = ["--sender", sender, "--period", period, "--store", store, "--out", str(path)]
    result = RUNNER.invoke(cli.app, ["template", "crc_statistics", *options])
    assert result.exit_code == 0, result.output
    sheet = load_workbook(path).worksheets[0]
    return [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)], result.output


def test_the_keys_of_the_last_delivery_that_has_any_are_there_and_no_count(tmp_path: Path, store: str) -> None:
    rows, told = filled(tmp_path, store, "DE", "2026-Q4")
    assert [row[:5] for row in rows] == [["2026-Q4", "DE", *row[2:5]] for row in ROWS]
    assert {cell for row in rows for cell in row[5:]} == {None}
    assert "filled in: the keys of 2 rows of 2026-Q2" in told


def test_nobody_gets_the_keys_of_another(tmp_path: Path, store: str) -> None:
    rows, _ = filled(tmp_path, store, "AT", "2026-Q4")
    assert {row[3] for row in rows} == {"CRC01", "CRC03"}


def test_who_never_sent_gets_no_row(tmp_path: Path, store: str) -> None:
    rows, told = filled(tmp_path, store, "FR", "2026-Q4")
    assert rows == []
    assert "FR has no delivery before 2026-Q4 in this store" in told


def test_filled_in_it_is_accepted(tmp_path: Path, store: str) -> None:
    filled(tmp_path, store, "DE", "2026-Q4")
    book = load_workbook(tmp_path / "t.xlsx")
    sheet = book.worksheets[0]
    for row in (2, 3):
        for column, count in zip(range(6, 10), (9, 5, 4, 1), strict=True):
            sheet.cell(row, column, count)
    book.save(tmp_path / "back.xlsx")
    result = RUNNER.invoke(cli.app, ["check", str(tmp_path / "back.xlsx"), "--feed", "crc_statistics"])
    assert result.exit_code == 0, result.output


def test_keys_are_somebodys_of_some_period(tmp_path: Path, store: str) -> None:
    options = ["--store", store, "--sender", "DE", "--out", str(tmp_path / "t.xlsx")]
    result = RUNNER.invoke(cli.app, ["template", "crc_statistics", *options])
    assert (result.exit_code, "name --sender and --period" in result.output) == (2, True)
