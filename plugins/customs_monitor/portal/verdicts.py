"""What the page of a verdict shows: rules with their cures, issues by page, files to download."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import FileResponse, StreamingResponse
from starlette.responses import Response

from customs_monitor.collection.explanations import Explanation
from customs_monitor.collection.records import JudgementRecord
from customs_monitor.collection.upload_check import UploadVerdict
from customs_monitor.portal.dependencies import Services
from customs_monitor.portal.problem import not_found
from customs_monitor.portal.rendering import rule_title, translator_of
from customs_monitor.portal.report_files import ISSUES, issues_of, local_file
from customs_monitor.portal.words import words
from customs_monitor.validation.issue_file import ListedIssue
from customs_monitor.validation.issue_page import IssueFilter
from customs_monitor.validation.spreadsheet_text import harmless
from customs_monitor.validation.translation import Translator

#: The files of a report by what they are; of an annotated copy there is one kind at most.
_KINDS: Mapping[str, tuple[str, ...]] = {
    "annotated": ("annotated.xlsx", "annotated.csv"),
    "ess": ("report.ess.json",),
    "json": ("report.json",),
    "html": ("report.html",),
}
_COLUMNS = ("line", "column", "value", "severity", "wrong", "cure", "rule")


@dataclass(frozen=True)
class RuleLine:
    """A line of the summary.

    Attributes:
        example: what the first issue says, `language` its language.
        explain: the address at which it can be explained, empty where it cannot.
    """

    severity: str
    rule: str
    title: str
    count: int
    example: str
    cure: str
    language: str
    explanations: tuple[Explanation, ...] = ()
    explain: str = ""


@dataclass(frozen=True)
class IssueLine:
    """An issue in the language of the page."""

    line: int | None
    column: str | None
    value: str | None
    severity: str
    message: str
    cure: str
    language: str


@dataclass(frozen=True)
class Download:
    """A file to download."""

    kind: str
    href: str


@dataclass(frozen=True)
class Found:
    """A verdict with the files of its report.

    Attributes:
        reports: keys of the files by name.
        source: key of the file as received.
        address: of its page.
    """

    verdict: UploadVerdict | JudgementRecord
    reports: Mapping[str, str]
    source: str
    file: str
    address: str


def verdict_context(
    request: Request,
    services: Services,
    found: Found,
    explanations: Sequence[Explanation] = (),
    explain: str = "",
) -> dict[str, Any]:
    """Return what `verdict.html.j2` needs of a verdict; filter and page are in the query of the request.

    Args:
        request: what is answered.
        services: of the portal.
        found: the verdict.
        explanations: of its warnings.
        explain: the address of the form that explains a warning, to which the rule is added; empty where nobody may.
    """
    translator, query = translator_of(request), request.query_params
    wanted = _filter(request)
    feed = found.verdict.feed
    summary: list[RuleLine] = []
    columns: tuple[str, ...] = ()
    shown = None
    if (issues := issues_of(services, found.reports)) is not None:
        for item in issues.summary():
            told = _told(translator, feed, item.first)
            own = tuple(one for one in explanations if one.rule == item.first.rule)
            link = (
                f"{explain}?{urlencode({'rule': item.first.rule})}"
                if explain and item.first.severity == "warning"
                else ""
            )
            summary.append(
                RuleLine(
                    item.first.severity,
                    item.first.rule,
                    rule_title(translator, feed, item.first.rule),
                    item.count,
                    told.message,
                    told.cure,
                    told.language,
                    own,
                    link,
                )
            )
        columns = issues.columns()
        shown = issues.page(wanted, _number(query.get("page", "1")))
    return {
        "verdict": found.verdict,
        "file": found.file,
        "summary": summary,
        "columns": columns,
        "wanted": wanted,
        "page": shown,
        "issues": [_told(translator, feed, issue) for issue in shown.issues] if shown else [],
        "filter_link": lambda **only: f"?{urlencode(only)}",
        "page_link": lambda number: f"?{urlencode({**_given(wanted), 'page': number})}#issues",
        "downloads": _downloads(found),
    }


def download(request: Request, services: Services, found: Found, kind: str) -> Response:
    """Return a file of a verdict: as an attachment, under a name made from that of the delivery.

    Raises:
        Problem: 404 if there is none of this kind.
    """
    stem = found.file.rpartition(".")[0] or found.file
    if kind == "file":
        return FileResponse(
            local_file(services, found.source), filename=found.file, media_type="application/octet-stream"
        )
    if kind == "issues" and (issues := issues_of(services, found.reports)) is not None:
        rows = _csv(request, found.verdict.feed, issues.all(_filter(request)))
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(f'{stem}.issues.csv', safe='')}"}
        return StreamingResponse(rows, HTTPStatus.OK, headers, "text/csv; charset=utf-8")
    name = next((name for name in _KINDS.get(kind, ()) if name in found.reports), None)
    if name is None:
        raise not_found()
    return FileResponse(local_file(services, found.reports[name]), filename=f"{stem}.{name}")


def _downloads(found: Found) -> list[Download]:
    kinds = [kind for kind, names in _KINDS.items() if any(name in found.reports for name in names)]
    if ISSUES in found.reports:
        kinds.insert(1 if "annotated" in kinds else 0, "issues")
    return [Download(kind, f"{found.address}/download/{kind}") for kind in (*kinds, "file")]


def _told(translator: Translator, feed: str, issue: ListedIssue) -> IssueLine:
    told = translator.tell(feed, issue.code, issue.rule, issue.message, issue.cure)
    return IssueLine(issue.line, issue.column, issue.value, issue.severity, told.message, told.cure, told.language)


def _csv(request: Request, feed: str, issues: Iterator[ListedIssue]) -> Iterator[str]:
    """Yield the issues as CSV with a byte order mark, no cell of which a spreadsheet takes for a formula."""
    translator = translator_of(request)
    said = words(translator.language)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    out.write("\ufeff")
    writer.writerow(said.t(name) for name in _COLUMNS)
    for issue in issues:
        told = _told(translator, feed, issue)
        cells = (told.line, told.column, told.value, said.t(f"severity.{told.severity}"), told.message, told.cure)
        writer.writerow(["" if cell is None else harmless(str(cell)) for cell in (*cells, issue.rule)])
        if out.tell() > 1 << 16:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def _filter(request: Request) -> IssueFilter:
    query = request.query_params
    return IssueFilter(**{name: query.get(name, "")[:500] for name in ("rule", "severity", "column", "text")})


def _given(wanted: IssueFilter) -> dict[str, str]:
    return {name: value for name in ("rule", "severity", "column", "text") if (value := getattr(wanted, name))}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1
