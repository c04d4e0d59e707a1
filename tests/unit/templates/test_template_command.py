"""`customs-monitor template`: writes a file once, and says what to do where it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from customs_monitor import cli

RUNNER = CliRunner()


def test_it_writes_where_it_is_told(tmp_path: Path) -> None:
    result = RUNNER.invoke(cli.app, ["template", "crc_statistics", "--out", str(tmp_path / "t.xlsx")])
    assert (result.exit_code, result.output) == (0, f"written: {tmp_path / 't.xlsx'}\n")
    assert load_workbook(tmp_path / "t.xlsx").sheetnames[0] == "data"


def test_the_name_says_feed_sender_and_period(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    options = ["--sender", "gr", "--period", "2026-Q1", "--language", "fr"]
    assert RUNNER.invoke(cli.app, ["template", "crc_statistics", *options]).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["crc_statistics_EL_2026-Q1.xlsx"]
    assert load_workbook(tmp_path / "crc_statistics_EL_2026-Q1.xlsx").properties.title.endswith(": modèle")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["crc_statistic"], "did you mean crc_statistics"),
        (["crc_statistics", "--language", "it"], "choose one of de, en, fr"),
        (["crc_statistics", "--period", "soon"], "write it like 2026-Q3"),
        (["crc_statistics", "--out", "nowhere/t.xlsx"], "nowhere/t.xlsx cannot be written: No such file or directory"),
    ],
)
def test_a_wrong_call_ends_with_2(
    arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = RUNNER.invoke(cli.app, ["template", *arguments])
    assert (result.exit_code, told in result.output) == (2, True), result.output
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_may_be_filled_in_and_stays(tmp_path: Path) -> None:
    filled = tmp_path / "t.xlsx"
    filled.write_bytes(b"a morning's work")
    result = RUNNER.invoke(cli.app, ["template", "crc_statistics", "--out", str(filled)])
    assert (result.exit_code, "is there already" in result.output) == (2, True)
    assert filled.read_bytes() == b"a morning's work"
