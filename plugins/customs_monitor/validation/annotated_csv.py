"""The annotated copy of delimited text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from customs_monitor.contracts.formats import CsvFormat, Format
from customs_monitor.intake import DEFAULT_LIMITS, Sniffed
from customs_monitor.intake.escapes import Unescaped
from customs_monitor.intake.source import Readable, open_bytes
from customs_monitor.validation.issue_file import ListedIssue
from customs_monitor.validation.spreadsheet_text import cures, harmless, messages


def annotate_csv(
    source: Path,
    found: Sniffed,
    declared: Format,
    by_line: Iterator[tuple[int | None, list[ListedIssue]]],
    target: Path,
) -> Path:
    """Copy delimited text with the columns `_issues` and `_cure` at its end.

    The copy is UTF-8 with a byte order mark, so that spreadsheets read it right, and texts that a spreadsheet would
    take for a formula are made harmless. Issues of the whole delivery are beside the header.

    Args:
        source: the file as received, plain or packed.
        found: its delimiter and encoding.
        declared: its format as the contract has it.
        by_line: the issues by line, ascending; None, the whole delivery, first.
        target: the copy.

    Raises:
        csv.Error, UnicodeDecodeError: if the text cannot be read this way.
    """
    encoding = "utf-8-sig" if found.encoding in (None, "utf-8") else found.encoding
    with (
        _opened(source, declared) as raw,
        io.TextIOWrapper(raw, encoding=encoding, newline="") as text,
        target.open("w", encoding="utf-8-sig", newline="") as out,
    ):
        rows = csv.reader(text, delimiter=found.delimiter or ",")
        writer = csv.writer(out, delimiter=found.delimiter or ",", lineterminator="\r\n")
        line, issues = next(by_line, (-1, []))
        is_header = True
        while True:
            start = rows.line_num + 1
            row = next(rows, None)
            if row is None:
                break
            own: list[ListedIssue] = []
            # A record that spans lines has the issues of all of them.
            while line is None or 0 <= line <= rows.line_num:
                if line is None or line >= start:
                    own += issues
                line, issues = next(by_line, (-1, []))
            cells = [harmless(cell) for cell in row]
            if is_header and row:
                is_header = False
                cells += ["_issues" if not own else f"_issues: {messages(own)}", "_cure" if not own else cures(own)]
            elif row:
                cells += [messages(own), cures(own)] if own else ["", ""]
            writer.writerow(cells)
    return target


@contextmanager
def _opened(source: Path, declared: Format) -> Iterator[io.BufferedReader]:
    with open_bytes(source, DEFAULT_LIMITS) as raw:
        is_escaped = isinstance(declared, CsvFormat) and declared.escape is not None
        yield io.BufferedReader(Readable(Unescaped(raw) if is_escaped else raw))
