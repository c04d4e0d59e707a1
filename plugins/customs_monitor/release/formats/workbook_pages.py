"""The sheets of a workbook that are read and not filtered: what the table is, and what to know before quoting it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from customs_monitor.release.formats.csvw import LICENCE
from customs_monitor.release.formats.indicator_table import IndicatorTable
from customs_monitor.release.formats.ooxml import Sheet, Style, row
from customs_monitor.release.formats.workbook_rows import STATUS, VALUE, SheetColumn, symbol
from customs_monitor.release.site.wording import LEGEND

CREATOR = "Customs Monitor"
#: OBS_STATUS of the row that names a sender who did not deliver.
_NOT_DELIVERED = "L"

_Line = Sequence[tuple[str, Style] | None]


def contents_sheet(table: IndicatorTable, rows: pa.Table, sheets: Mapping[str, str], fingerprint: str) -> Sheet:
    """Return the sheet that says what the workbook is.

    Args:
        table: the indicator.
        rows: all its rows.
        sheets: the other sheets, each with what it has.
        fingerprint: SHA-256 of the Parquet file.
    """
    spec = table.spec
    periods = _values(rows, "TIME_PERIOD")
    areas = [table.label("REF_AREA", area) for area in table.in_order("REF_AREA", set(_values(rows, "REF_AREA")))]
    units = [table.label("UNIT_MEASURE", unit) for unit in _values(rows, "UNIT_MEASURE")]
    spans = f"{periods[0]} to {periods[-1]}" if len(periods) > 1 else "".join(periods)
    page = _Page(f"{spec.id}: {spec.title}")
    if table.entry.synthetic:
        page.says(
            "Synthetic",
            "The figures rest, in whole or in part, on deliveries that are made up and say nothing of the real world.",
        )
    page.says("What it shows", spec.purpose)
    page.says("Unit", f"{spec.unit} (values: {'; '.join(units)})")
    page.says("Period", f"{spans}; {_frequency(table)}")
    page.says("Area", f"{len(areas)}: {', '.join(areas)}" if len(areas) > 1 else "".join(areas))
    page.says("Source", "; ".join(_source(feed.name, feed.source_system, feed.owner) for feed in table.feeds))
    page.says("Legal basis", "; ".join(dict.fromkeys(feed.legal_basis for feed in table.feeds)))
    page.says(
        "Release",
        f"The release names this file in its manifest.json. Its figures have the fingerprint {fingerprint[:16]} (first "
        f"digits of the SHA-256 of {spec.id}.parquet): they are the same in every release that has this fingerprint.",
    )
    page.says("Licence", f"Reuse of Commission documents: {LICENCE}")
    page.says(
        "How to cite",
        f"{CREATOR}, indicator {spec.id}, \u201c{spec.title}\u201d, definition {spec.version}, figures "
        f"{fingerprint[:16]}.",
    )
    page.heading("Sheets", "")
    for name, what in sheets.items():
        page.links_to(name, what)
    page.heading("Coverage by period", "")
    for period in periods:
        page.says(period, _coverage(table, rows, period))
    page.heading("Symbols", "They stand in the column Value where there is no figure")
    for sign in dict.fromkeys(symbol(status) for status in table.registry.codelists["obs_status"].by_code):
        page.says(sign, LEGEND[sign])
    page.heading("Statuses", "")
    for status in _values(rows, STATUS):
        page.says(status, table.label(STATUS, status))
    return page.sheet("Contents")


def notes_sheet(table: IndicatorTable, columns: Sequence[SheetColumn]) -> Sheet:
    """Return the sheet with definition, assumptions, limits and columns of the table."""
    spec = table.spec
    page = _Page(f"Notes on {spec.id}")
    for label, words in (
        ("Definition", spec.definition),
        ("Formula", spec.formula),
        ("How to read it", spec.interpretation),
        ("Limits", spec.limits),
        ("Place in the strategy", spec.intervention),
        (
            "Coverage threshold",
            f"Figures are flagged where fewer than {spec.coverage_threshold:.0%} of senders delivered.",
        ),
        ("Version", f"{spec.version}; changes of wording raise the last number, other changes the first two"),
        ("Valid", _validity(spec.validity.from_, spec.validity.to, spec.successor)),
    ):
        page.says(label, words)
    page.heading("Assumptions", "")
    for assumption in spec.assumptions:
        page.says(f"since {assumption.since.isoformat()}", assumption.text)
    page.heading("Columns", "Name in other files, and meaning")
    for column in columns:
        described = table.column(column.name)
        if column.is_label:
            page.says(column.header, f"What {column.name} means.")
        elif column.name == VALUE:
            page.says(column.header, f"{VALUE}. The figure; a symbol where it is missing or not public, see Contents.")
        else:
            page.says(column.header, f"{column.name}. {described.description}")
    page.heading("Limits of the sources", "")
    for feed in table.feeds:
        page.says(feed.name, feed.limitations or "None known.")
    return page.sheet("Notes")


class _Page:
    """Two columns, a label and what is said of it, row by row."""

    def __init__(self, title: str) -> None:
        self._lines: list[_Line] = [[(title, Style.TITLE)]]
        self._links: dict[str, str] = {}

    def says(self, label: str, words: str) -> None:
        self._lines.append([(label, Style.HEADING), (" ".join(words.split()), Style.WRAPPED)])

    def heading(self, label: str, words: str) -> None:
        self._lines += [[], [(label, Style.TITLE), (words, Style.HEADING)]]

    def links_to(self, sheet: str, what: str) -> None:
        self._lines.append([(sheet, Style.LINK), (what, Style.WRAPPED)])
        self._links[f"A{len(self._lines)}"] = sheet

    def sheet(self, name: str) -> Sheet:
        rows = (row(number, line) for number, line in enumerate(self._lines, start=1))
        return Sheet(name, (26.0, 110.0), rows, links=self._links)


def _values(rows: pa.Table, name: str) -> list[str]:
    return sorted(value for value in rows.column(name).unique().to_pylist() if value is not None)


def _frequency(table: IndicatorTable) -> str:
    return {"A": "annual", "Q": "quarterly", "cycle": "by reporting cycle"}[table.spec.frequency]


def _source(name: str, system: str, owner: str) -> str:
    return f"{name} ({system}; {owner})"


def _coverage(table: IndicatorTable, rows: pa.Table, period: str) -> str:
    """Return how many senders the figures of a period rest on, and who is missing."""
    found = rows.filter(pc.equal(rows.column("TIME_PERIOD"), period))
    most, expected = pc.max(found.column("N_SENDERS")).as_py(), pc.max(found.column("N_EXPECTED")).as_py()
    missing = found.filter(pc.equal(found.column(STATUS), _NOT_DELIVERED)).column("REF_AREA").unique().to_pylist()
    names = ", ".join(table.label("REF_AREA", area) for area in table.in_order("REF_AREA", set(missing)))
    return f"{most} of {expected} senders delivered" + (f"; not delivered: {names}" if names else "")


def _validity(first: str | None, last: str | None, successor: str | None) -> str:
    span = f"from {first or 'the beginning'} to {last or 'today'}"
    return span + (f"; {successor} takes its place" if successor else "")
