"""The report for a terminal: by rule, the first lines of each, and where all of them are."""

from __future__ import annotations

from itertools import islice
from typing import TextIO

from customs_monitor.contracts import Contract
from customs_monitor.validation.issue_file import issues_by_rule
from customs_monitor.validation.judgement import Delivery, Judgement

_LINES_PER_RULE = 10
_VERDICTS = {
    "accepted": "ACCEPTED",
    "accepted_with_warnings": "ACCEPTED WITH WARNINGS",
    "refused": "REFUSED",
}


def write_text(delivery: Delivery, judgement: Judgement, contract: Contract, out: TextIO) -> None:
    """Write the verdict, the counts and the issues grouped by rule."""
    out.write(f"{_printable(delivery.file_name)}: {_VERDICTS[judgement.verdict]}\n")
    out.write(f"{contract.name} ({contract.id}), sender {delivery.sender}, period {delivery.period}\n")
    skipped = f", {judgement.rows_skipped:,} skipped" if judgement.rows_skipped else ""
    out.write(
        f"rows: {judgement.rows_read:,} read, {judgement.rows_accepted:,} accepted, "
        f"{judgement.rows_refused:,} refused{skipped}\n"
    )
    counts = {(count.rule, count.code, count.severity): count.count for count in judgement.issue_counts}
    is_cut = False
    for first, issues in issues_by_rule(judgement.issues):
        count = counts[first.rule, first.code, first.severity]
        out.write(f"\n{first.severity.upper()} {first.code}: {first.rule} ({count:,})\n")
        cures: dict[str, None] = {}
        for issue in islice(issues, _LINES_PER_RULE):
            place = f"line {issue.line}: " if issue.line is not None else ""
            out.write(f"  {place}{_printable(issue.message)}\n")
            cures[issue.cure] = None
        if count > _LINES_PER_RULE:
            is_cut = True
            out.write(f"  ... and {count - _LINES_PER_RULE:,} more\n")
        for cure in cures:
            out.write(f"  > {_printable(cure)}\n")
    if is_cut:
        out.write("\nAll lines: --format json, or --out DIR for the whole report with an annotated copy\n")


def _printable(text: str) -> str:
    """Replace what could move the cursor or hide text in a terminal."""
    return "".join(character if character.isprintable() else "�" for character in text)
