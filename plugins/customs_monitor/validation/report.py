"""The report of a judgement: for programs (JSON, ESS), for people (text, HTML), and as a copy of the delivery."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

from customs_monitor.contracts import Contract, Layout
from customs_monitor.validation.annotated import write_annotated
from customs_monitor.validation.issue_file import listed_issues
from customs_monitor.validation.judgement import Delivery, Judgement
from customs_monitor.validation.report_ess import write_ess
from customs_monitor.validation.report_html import write_html
from customs_monitor.validation.report_text import write_text

_Writer = Callable[[Delivery, Judgement, Contract, TextIO], None]


def render(delivery: Delivery, judgement: Judgement, contract: Contract, format: str, out: TextIO) -> None:
    """Write a report as a stream.

    Args:
        delivery: what was judged.
        judgement: its judgement.
        contract: the contract of its feed.
        format: `text`, `json`, `ess` (the ESS validation-report structure of 2017) or `html`.
        out: where it is written.

    Raises:
        KeyError: if there is no such format.
    """
    _WRITERS[format](delivery, judgement, contract, out)


def write_reports(
    source: Path, delivery: Delivery, judgement: Judgement, contract: Contract, layout: Layout, folder: Path
) -> list[Path]:
    """Write the whole report.

    Args:
        source: the file as received.
        delivery: what was judged.
        judgement: its judgement.
        contract: the contract of its feed.
        layout: by which it was read.
        folder: is made if it is not there.

    Returns:
        The files: `report.json`, `report.ess.json`, `report.html`, `issues.parquet` and the annotated copy.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for name, format in (("report.json", "json"), ("report.ess.json", "ess"), ("report.html", "html")):
        path = folder / name
        with path.open("w", encoding="utf-8", newline="\n") as out:
            render(delivery, judgement, contract, format, out)
        files.append(path)
    issues = folder / "issues.parquet"
    if judgement.issues.resolve() != issues.resolve():
        shutil.copyfile(judgement.issues, issues)
    return [*files, issues, write_annotated(source, layout.format, judgement, folder)]


def _write_json(delivery: Delivery, judgement: Judgement, contract: Contract, out: TextIO) -> None:
    """Write the report of `customs-monitor check --format json`, an issue a line."""
    head = {
        "feed": contract.id,
        "file": delivery.file_name,
        "sha256": delivery.sha256,
        "sender": delivery.sender,
        "period": delivery.period,
        "verdict": judgement.verdict,
        "rows": {
            "read": judgement.rows_read,
            "accepted": judgement.rows_accepted,
            "refused": judgement.rows_refused,
        },
    }
    out.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "issues": [')
    separator = "\n"
    for issue in listed_issues(judgement.issues):
        shown = {
            "code": issue.code,
            "rule": issue.rule,
            "severity": issue.severity,
            "level": issue.level,
            "line": issue.line,
            "column": issue.column,
            "value": issue.value,
            "message": issue.message,
            "cure": issue.cure,
        }
        out.write(separator + json.dumps(shown, ensure_ascii=False))
        separator = ",\n"
    out.write("]}\n")


_WRITERS: Mapping[str, _Writer] = {"text": write_text, "json": _write_json, "ess": write_ess, "html": write_html}
