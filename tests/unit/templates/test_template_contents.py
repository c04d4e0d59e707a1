"""What a template tells and offers: codes of the period, notes, formats; the same order gives the same bytes."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from customs_monitor.contracts import Registry
from customs_monitor.templates import LANGUAGES, TemplateError, order, templated, write_template
from customs_monitor.templates.choices import choices
from customs_monitor.templates.columns import columns_of
from customs_monitor.templates.texts import Texts

TODAY = date(2026, 6, 30)
REGISTRY = Registry.load()


def book_of(path: Path, feed: str, language: str = "en", **asked: str) -> Workbook:
    write_template(order(REGISTRY, feed, TODAY, **asked), REGISTRY, path, language)
    return load_workbook(path)


def rules(sheet: Worksheet) -> dict[str, DataValidation]:
    """Return what the spreadsheet judges, by the name of the column."""
    by_column = {next(iter(rule.sqref.ranges)).min_col: rule for rule in sheet.data_validations.dataValidation}
    return {str(cell.value): by_column[cell.column] for cell in sheet[1]}


def notes(book: Workbook) -> dict[str, str]:
    return {str(row[0]): str(row[1]) for row in book.worksheets[1].iter_rows(values_only=True) if row[0] and row[1]}


def offered(feed: str, column: str, **asked: str) -> list[str]:
    found = order(REGISTRY, feed, TODAY, **asked)
    return [code.code for code in choices(found.contract.property(column), found, REGISTRY)]


def test_the_first_sheet_is_the_data_with_a_frozen_header(tmp_path: Path) -> None:
    book = book_of(tmp_path / "t.xlsx", "crc_statistics")
    assert book.sheetnames == ["data", "Notes", "Codes", "lists"]
    assert book.worksheets[0].freeze_panes == "A2"
    assert book.active is book.worksheets[0]
    assert book["lists"].sheet_state == "hidden"


def test_a_short_list_stands_in_the_cell_and_a_long_one_on_the_hidden_sheet(tmp_path: Path) -> None:
    book = book_of(tmp_path / "t.xlsx", "crc_statistics", period="2026-Q1")
    found = rules(book.worksheets[0])
    assert found["movement"].formula1 == '"ENTRY,EXIT,TRANSIT,_T"'
    assert found["movement"].errorStyle in (None, "stop")
    assert found["reference_period"].formula1 == '"2026-Q1"'
    sheet, cells = str(found["high_interest_country"].formula1).split("!")
    listed = [cell.value for (cell,) in book[sheet.lstrip("=")][cells.replace("$", "")]]
    assert listed == offered("crc_statistics", "high_interest_country", period="2026-Q1")
    assert {"CN", "_Z", "_T"} <= set(listed)
    # Former countries, and codes that stand for no country.
    assert {"SU", "QU"}.isdisjoint(listed)


def test_codes_are_those_of_the_period() -> None:
    assert "UK" in offered("control_statistics", "member_state", period="2019-Q4")
    assert "UK" not in offered("control_statistics", "member_state", period="2020-Q1")
    assert "HR" not in offered("control_statistics", "member_state", period="2013-Q2")
    assert len(offered("control_statistics", "member_state")) == 27


def test_a_code_that_a_rule_refuses_by_itself_is_not_offered() -> None:
    assert offered("crc_statistics", "conf_status") == ["F", "C", "N"]
    assert offered("ms_questionnaire", "no_reply") == ["true"]
    questions = offered("ms_questionnaire", "question_id")
    assert "o12-7" in questions
    assert "s2-5-1-4" not in questions


def test_without_a_period_a_list_warns_and_does_not_stop(tmp_path: Path) -> None:
    """The delivery may be for a period in which another code was valid."""
    found = rules(book_of(tmp_path / "t.xlsx", "crc_statistics").worksheets[0])
    assert found["movement"].errorStyle == "warning"


def test_a_template_of_one_sender_offers_that_sender_only(tmp_path: Path) -> None:
    book = book_of(tmp_path / "t.xlsx", "crc_statistics", sender="GR", period="2026-Q1")
    assert rules(book.worksheets[0])["member_state"].formula1 == '"EL"'
    assert notes(book)["This template is for"] == "EL"


def test_columns_keep_what_is_typed(tmp_path: Path) -> None:
    sheet = book_of(tmp_path / "t.xlsx", "crc_statistics").worksheets[0]
    formats = {
        str(cell.value): sheet.column_dimensions[cell.column_letter].number_format
        for cell in sheet[1]
        if hasattr(cell, "column_letter")
    }
    assert {formats[name] for name in ("reference_period", "crc_code", "comment")} == {"@"}
    assert {formats[name] for name in ("automated_hits", "positive_results")} == {"0"}


def test_figures_and_texts_have_their_bounds(tmp_path: Path) -> None:
    found = rules(book_of(tmp_path / "t.xlsx", "crc_statistics").worksheets[0])
    assert (found["controls"].type, found["controls"].formula1) == ("whole", "0")
    # The concept allows 2000, a rule of this feed 500.
    assert (found["comment"].type, found["comment"].formula1) == ("textLength", "500")
    found = rules(book_of(tmp_path / "q.xlsx", "ms_questionnaire").worksheets[0])
    assert (found["answer_score"].formula1, found["answer_score"].formula2) == ("1", "4")
    assert found["comment"].formula1 == "2000"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("feed", templated(REGISTRY))
def test_every_column_has_a_note_at_its_cells(feed: str, language: str, tmp_path: Path) -> None:
    sheet = book_of(tmp_path / "t.xlsx", feed, language).worksheets[0]
    for name, rule in rules(sheet).items():
        assert rule.promptTitle == name[:32]
        assert rule.prompt
        assert len(rule.prompt) <= 255
        assert str(rule.sqref).endswith("1048576")


def test_the_notes_say_what_by_when_on_what_basis_and_how_to_send_nothing(tmp_path: Path) -> None:
    book = book_of(tmp_path / "t.xlsx", "crc_statistics", period="2026-Q3")
    found, contract = notes(book), REGISTRY.feeds["crc_statistics"]
    assert found["Purpose"] == contract.description.purpose
    assert found["Due"] == "2026-11-14, 45 days after the end of 2026-Q3"
    assert found["Legal basis"] == contract.legalBasis
    assert found["C"] == "Confidential"
    cells = [str(cell) for row in book.worksheets[1].iter_rows(values_only=True) for cell in row if cell]
    assert any("_T in every other code and 0 in every count" in cell for cell in cells)
    assert any("customs-monitor check FILE --feed crc_statistics" in cell for cell in cells)
    definitions = {
        column.concept.definition for column in columns_of(order(REGISTRY, "crc_statistics", TODAY), REGISTRY)
    }
    assert definitions <= set(cells)


def test_the_codes_have_their_meaning(tmp_path: Path) -> None:
    rows = list(book_of(tmp_path / "t.xlsx", "ms_questionnaire")["Codes"].iter_rows(min_row=2, values_only=True))
    by_code = {(row[0], row[1]): row[2:] for row in rows}
    assert by_code["question_id", "o12-7"] == (
        "How useful the IT systems are to submit data and share information",
        "scale: SCORE; item_list: system",
    )
    assert by_code["member_state", "AT"] == ("Austria", None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_order_gives_the_same_bytes(language: str, tmp_path: Path) -> None:
    asked = order(REGISTRY, "crc_statistics", TODAY, period="2026-Q1", sender="EL")
    first = write_template(asked, REGISTRY, tmp_path / "first.xlsx", language)
    second = write_template(asked, REGISTRY, tmp_path / "second.xlsx", language)
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert b"1980-01-01" in archive.read("docProps/core.xml")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_text_with_the_same_names(language: str) -> None:
    english, other = Texts("en"), Texts(language)
    assert other.keys == english.keys
    for key in english.keys:
        assert other.names(key) == english.names(key), key


def test_every_text_is_used(root: Path) -> None:
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in sorted((root / "plugins" / "customs_monitor" / "templates").glob("*.py"))
    )
    families = ("cadence.", "form.", "columns.", "codes.")
    unused = [key for key in Texts("en").keys if not re.search(f"[\"']{re.escape(key)}[\"']", code)]
    unused = [key for key in unused if not key.startswith(families)]
    assert unused == []


@pytest.mark.parametrize(
    ("feed", "asked", "told"),
    [
        ("crc_statistic", {}, "there is no feed crc_statistic; did you mean crc_statistics"),
        ("CRC-Statistics", {}, "did you mean crc_statistics"),
        ("qqqqqqqq", {}, "there are templates of aeo_register"),
        ("rasff", {}, "rasff has no template"),
        ("crc_statistics", {"period": "2026"}, "write it like 2026-Q3"),
        ("crc_statistics", {"period": "2026-Q5"}, "write it like 2026-Q3"),
        ("ms_questionnaire", {"period": "2026"}, "write it like 2024-2026"),
        ("it_projects", {"period": "2018-2020"}, "write it like 2026"),
        ("crc_statistics", {"sender": "CH"}, "CH does not send crc_statistics: its senders are AT, BE"),
        ("crc_statistics", {"sender": "UK", "period": "2020-Q1"}, "UK does not send crc_statistics for 2020-Q1"),
        ("it_projects", {"sender": "EL"}, "its senders are TAXUD"),
    ],
)
def test_what_cannot_be_made_is_told_with_what_can(feed: str, asked: dict[str, str], told: str) -> None:
    with pytest.raises(TemplateError, match=told):
        order(REGISTRY, feed, TODAY, **asked)
