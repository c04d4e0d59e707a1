"""Every template of every feed: filled in with the rows of the good golden case, it is accepted like them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell

from customs_monitor.collection.preflight import preflight
from customs_monitor.contracts import Registry
from customs_monitor.intake import open_table, sniff
from customs_monitor.templates import LANGUAGES, order, templated, write_template
from customs_monitor.templates.columns import columns_of, nil_row
from customs_monitor.templates.texts import Texts

TODAY = date(2026, 6, 30)
REGISTRY = Registry.load()
NIL_FEEDS = ["control_statistics", "crc_combination_statistics", "crc_statistics", "ms_questionnaire"]


def good_cases(root: Path) -> dict[str, Path]:
    """Return, of each feed that has a template, a golden case that is accepted in a layout with its columns."""
    found: dict[str, Path] = {}
    for path in sorted((root / "tests" / "golden" / "feeds").glob("*/*/case.yml")):
        case = yaml.safe_load(path.read_text(encoding="utf-8"))
        if path.parts[-3] not in templated(REGISTRY) or case["verdict"] != "accepted":
            continue
        if case["layout"] in ("template_csv", "template_xlsx"):
            found.setdefault(path.parts[-3], path.parent)
    return found


ROOT = Path(__file__).resolve().parents[3]
GOOD = good_cases(ROOT)


def delivery_of(case: Path) -> Path:
    return next(case.glob("delivery.*"))


def rows_of(case: Path, feed: str) -> list[dict[str, str | None]]:
    layout = yaml.safe_load((case / "case.yml").read_text(encoding="utf-8"))["layout"]
    table = open_table(delivery_of(case), REGISTRY.feeds[feed].layout(layout).format)
    return [row for batch in table.batches() for row in batch.to_pylist()]


def typed(text: str | None, number_format: str) -> object:
    """Return what a spreadsheet makes of what a person types."""
    if text is None or number_format == "@":
        return text
    return date.fromisoformat(text) if number_format == "yyyy-mm-dd" else int(text)


def fill(template: Path, rows: list[dict[str, str | None]], target: Path) -> None:
    book = load_workbook(template)
    sheet = book.worksheets[0]
    for number, row in enumerate(rows, start=2):
        for cell in sheet[1]:
            assert isinstance(cell, Cell)
            number_format = sheet.column_dimensions[cell.column_letter].number_format
            sheet.cell(number, cell.column).value = typed(row.get(str(cell.value)) or None, number_format)
    book.save(target)


def accepted(parquet: Path) -> list[dict[str, object]]:
    return pq.read_table(parquet).drop_columns(["_delivery_id", "_line_number"]).to_pylist()


def test_there_are_templates() -> None:
    assert set(NIL_FEEDS) <= set(templated(REGISTRY))
    assert "rasff" not in templated(REGISTRY)


def test_every_template_has_a_good_case_to_be_filled_from() -> None:
    assert set(templated(REGISTRY)) == set(GOOD)


@pytest.mark.parametrize("feed", GOOD)
def test_a_filled_template_gives_what_the_golden_case_gives(feed: str, tmp_path: Path) -> None:
    case, contract = GOOD[feed], REGISTRY.feeds[feed]
    template = write_template(order(REGISTRY, feed, TODAY), REGISTRY, tmp_path / "template.xlsx")
    fill(template, rows_of(case, feed), tmp_path / "filled.xlsx")
    filled = preflight(tmp_path / "filled.xlsx", contract, REGISTRY, tmp_path / "of-template")
    golden = preflight(delivery_of(case), contract, REGISTRY, tmp_path / "of-case")
    assert filled.judgement.verdict == golden.judgement.verdict == "accepted"
    assert filled.judgement.accepted is not None
    assert golden.judgement.accepted is not None
    assert accepted(filled.judgement.accepted) == accepted(golden.judgement.accepted)


@pytest.mark.parametrize(
    ("feed", "language"),
    [*((feed, "en") for feed in templated(REGISTRY)), *(("crc_statistics", language) for language in LANGUAGES)],
)
def test_a_template_without_rows_is_told_so_and_nothing_else(feed: str, language: str, tmp_path: Path) -> None:
    path = write_template(order(REGISTRY, feed, TODAY), REGISTRY, tmp_path / "template.xlsx", language)
    found = preflight(path, REGISTRY.feeds[feed], REGISTRY, tmp_path / "scratch").judgement
    assert found.verdict == "refused"
    assert [(count.code, count.count) for count in found.issue_counts] == [("HEADER_ONLY", 1)]
    [message] = pq.read_table(found.issues, columns=["message"]).to_pylist()
    assert "no row below" in message["message"]


def test_a_sheet_called_data_without_a_header_is_passed_over(tmp_path: Path) -> None:
    """Somebody's own workbook may have one; where it is no table, the first table is read as ever."""
    book = Workbook()
    book.worksheets[0].title = "data"
    other = book.create_sheet("figures")
    other.append(["a", "b"])
    other.append([1, 2])
    book.save(tmp_path / "own.xlsx")
    assert (sniff(tmp_path / "own.xlsx").sheet, sniff(tmp_path / "own.xlsx").header) == ("figures", ("a", "b"))


@pytest.mark.parametrize("feed", templated(REGISTRY))
def test_the_header_is_the_layout_s(feed: str, tmp_path: Path) -> None:
    asked = order(REGISTRY, feed, TODAY)
    look = sniff(write_template(asked, REGISTRY, tmp_path / "template.xlsx"))
    assert look.header == tuple(mapping.source for mapping in asked.layout.mapping.values())
    assert look.sheet == "data"


@pytest.mark.parametrize("feed", NIL_FEEDS)
def test_the_nil_row_of_the_notes_is_accepted(feed: str, tmp_path: Path) -> None:
    period = "2021-2023" if feed == "ms_questionnaire" else "2026-Q1"
    asked = order(REGISTRY, feed, TODAY, period=period, sender="GR")
    row = nil_row(columns_of(asked, REGISTRY), asked, Texts("en"))
    assert row is not None
    header = [mapping.source for mapping in asked.layout.mapping.values()]
    template = write_template(asked, REGISTRY, tmp_path / "template.xlsx")
    cells: dict[str, str | None] = dict(zip(map(str, header), row, strict=True))
    fill(template, [cells], tmp_path / "nil.xlsx")
    found = preflight(tmp_path / "nil.xlsx", REGISTRY.feeds[feed], REGISTRY, tmp_path / "scratch")
    assert (found.delivery.sender, found.delivery.period) == ("EL", period)
    assert found.judgement.verdict == "accepted"


def test_registers_have_no_nil_row() -> None:
    for feed in set(templated(REGISTRY)) - set(NIL_FEEDS):
        asked = order(REGISTRY, feed, TODAY)
        assert nil_row(columns_of(asked, REGISTRY), asked, Texts("en")) is None, feed
