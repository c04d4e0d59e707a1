"""The report as one page that needs nothing else: summary by rule, then every row."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import chain, islice
from typing import TextIO

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from customs_monitor.contracts import Contract
from customs_monitor.validation.issue_file import ListedIssue, issues_by_rule
from customs_monitor.validation.judgement import Delivery, Judgement

#: Rows that are shown or folded together; a browser opens that many at once without a pause.
_PAGE_ROWS = 500
_SEVERITIES = {"error": 0, "warning": 1, "information": 2}


@cache
def page_template() -> Template:
    """Return the template of the page; to compile it takes longer than to write a short report."""
    environment = Environment(
        loader=PackageLoader("customs_monitor.validation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")


def write_html(delivery: Delivery, judgement: Judgement, contract: Contract, out: TextIO) -> None:
    """Write the page as a stream; every text of the delivery is escaped."""
    counts = {(count.rule, count.code, count.severity): count.count for count in judgement.issue_counts}
    stream = page_template().generate(
        delivery=delivery,
        judgement=judgement,
        contract=contract,
        summary=sorted(judgement.issue_counts, key=lambda count: (_SEVERITIES[count.severity], count.rule)),
        groups=(
            (first, counts[first.rule, first.code, first.severity], _pages(rows))
            for first, rows in issues_by_rule(judgement.issues)
        ),
        page_rows=_PAGE_ROWS,
    )
    for part in stream:
        out.write(part)


def _pages(issues: Iterator[ListedIssue]) -> Iterator[tuple[int, Iterator[ListedIssue]]]:
    """Yield the number of the first row of each page and its rows."""
    number = 1
    for first in issues:
        yield number, chain((first,), islice(issues, _PAGE_ROWS - 1))
        number += _PAGE_ROWS
