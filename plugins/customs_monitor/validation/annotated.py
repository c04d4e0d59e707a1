"""A copy of the delivery with the issues beside the rows, for the person who has to mend it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from customs_monitor.contracts.formats import Format
from customs_monitor.intake import Sniffed, sniff
from customs_monitor.validation.annotated_csv import annotate_csv
from customs_monitor.validation.annotated_xlsx import annotate_xlsx
from customs_monitor.validation.issue_file import ListedIssue, listed_issues
from customs_monitor.validation.judgement import Judgement
from customs_monitor.validation.spreadsheet_text import harmless

#: openpyxl holds a workbook in memory; a larger one is answered with the list of issues.
_LARGEST_WORKBOOK_ROWS = 100_000
_LARGEST_WORKBOOK_BYTES = 20 << 20


def write_annotated(source: Path, declared: Format, judgement: Judgement, folder: Path) -> Path:
    """Write the annotated copy.

    Delimited text becomes CSV with the columns `_issues` and `_cure`; an XLSX workbook stays one, with marked cells.
    For other formats, and for files that could not be read to the end, it is the list of the issues as CSV.

    Args:
        source: the file as received.
        declared: its format as the contract has it.
        judgement: its judgement.
        folder: where the copy goes.

    Returns:
        The path of the copy: `annotated.csv`, `annotated.xlsx` or `issues.csv`.
    """
    found = sniff(source) if judgement.readable else Sniffed("unreadable")
    try:
        if found.kind in ("csv", "sdmx-csv") and found.delimiter:
            return annotate_csv(source, found, declared, _by_line(judgement), folder / "annotated.csv")
        if found.kind == "excel" and _is_small_xlsx(source, judgement):
            return annotate_xlsx(source, found, _by_line(judgement), folder / "annotated.xlsx")
    except Exception:
        # The readers of deliveries are more patient than those used here: a cell of megabytes, or a workbook with an
        # attribute that openpyxl does not know, which it tells by a TypeError. No sender may stop the feed by that.
        for name in ("annotated.csv", "annotated.xlsx"):
            (folder / name).unlink(missing_ok=True)
    return _write_issues(judgement, folder / "issues.csv")


def _is_small_xlsx(source: Path, judgement: Judgement) -> bool:
    with source.open("rb") as stream:
        is_zip = stream.read(4) == b"PK\x03\x04"
    return is_zip and judgement.rows_read <= _LARGEST_WORKBOOK_ROWS and source.stat().st_size <= _LARGEST_WORKBOOK_BYTES


def _by_line(judgement: Judgement) -> Iterator[tuple[int | None, list[ListedIssue]]]:
    """Yield the issues of each line, in the order of lines; those of the whole delivery first, under None."""
    for line, issues in groupby(listed_issues(judgement.issues), key=lambda issue: issue.line):
        yield line, list(issues)


def _write_issues(judgement: Judgement, path: Path) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, lineterminator="\r\n")
        names = ("line", "column", "value", "severity", "code", "rule", "level", "message", "cure", "fixes")
        writer.writerow(names)
        for issue in listed_issues(judgement.issues):
            cells = ("" if (cell := getattr(issue, name)) is None else str(cell) for name in names)
            writer.writerow([harmless(cell) for cell in cells])
    return path
