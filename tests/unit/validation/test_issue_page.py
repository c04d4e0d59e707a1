"""Issues by page: every row is reached once, filters hold, and a million of them cost no more than a page."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customs_monitor.validation.findings import ISSUE_SCHEMA
from customs_monitor.validation.issue_file import listed_issues
from customs_monitor.validation.issue_page import IssueFile, IssueFilter
from customs_storage.parquet import write_parquet

MILLION = 1_000_000


def rows(count: int) -> pa.Table:
    """Return issues: one of the whole delivery, then one a line of three rules in turn."""
    lines = [None, *range(2, count + 1)]
    kinds = [("error", "A"), ("warning", "B"), ("error", "C")]
    chosen = [kinds[number % 3] for number in range(count)]
    return pa.table(
        {
            "code": [code for _, code in chosen],
            "rule": [code.lower() for _, code in chosen],
            "severity": [severity for severity, _ in chosen],
            "level": [1] * count,
            "line": lines,
            "column": ["controls" if number % 2 else None for number in range(count)],
            "value": [None if number == 0 else f"=cmd|{number}" for number in range(count)],
            "message": [f"{code} is wrong" for _, code in chosen],
            "cure": ["Mend it"] * count,
            "fixes": ["sender"] * count,
        },
        schema=ISSUE_SCHEMA,
    )


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("issues") / "issues.parquet"
    write_parquet(rows(250).to_batches(), path, ISSUE_SCHEMA)
    return path


def test_paging_reaches_every_issue_once_in_the_order_of_the_file(small: Path) -> None:
    file = IssueFile(small)
    pages = [file.page(IssueFilter(), number) for number in range(1, 6)]
    assert [page.pages for page in pages] == [5] * 5
    assert [issue for page in pages for issue in page.issues] == list(listed_issues(small))


@given(number=st.integers(-3, 99), size=st.integers(1, 300))
@settings(max_examples=25, deadline=None)
def test_any_page_number_gives_a_page_that_exists(small: Path, number: int, size: int) -> None:
    page = IssueFile(small).page(IssueFilter(), number, size)
    assert 1 <= page.number <= page.pages
    assert page.issues == tuple(listed_issues(small))[(page.number - 1) * size : page.number * size]


@pytest.mark.parametrize(
    ("wanted", "total"),
    [
        (IssueFilter(severity="warning"), 83),
        (IssueFilter(rule="a"), 84),
        (IssueFilter(column="controls"), 125),
        (IssueFilter(column="controls", rule="a"), 42),
        (IssueFilter(text="117"), 2),  # the line 117, and the value of the line before
        (IssueFilter(text="IS WRONG b"), 83),
        (IssueFilter(text="'; DROP TABLE x; --"), 0),
        (IssueFilter(text="%"), 0),
        (IssueFilter(rule="no such rule"), 0),
    ],
)
def test_filters(small: Path, wanted: IssueFilter, total: int) -> None:
    file = IssueFile(small)
    assert file.page(wanted).total == total
    assert len(list(file.all(wanted))) == total


def test_the_summary_has_every_rule_with_its_first_issue(small: Path) -> None:
    found = IssueFile(small).summary()
    assert [(item.count, item.first.rule, item.first.line) for item in found] == [
        (84, "a", None),
        (83, "c", 3),
        (83, "b", 2),
    ]
    assert IssueFile(small).columns() == ("controls",)


def test_no_issue_is_a_page_too(tmp_path: Path) -> None:
    path = tmp_path / "issues.parquet"
    write_parquet([], path, ISSUE_SCHEMA)
    page = IssueFile(path).page(IssueFilter(), 7)
    assert (page.total, page.number, page.pages, page.issues) == (0, 1, 1, ())
    assert IssueFile(path).summary() == ()


def test_a_million_issues_break_nothing(tmp_path: Path) -> None:
    path = tmp_path / "issues.parquet"
    write_parquet(rows(MILLION).to_batches(), path, ISSUE_SCHEMA)
    file = IssueFile(path)
    last = file.page(IssueFilter(), MILLION)
    assert (last.total, last.pages, last.number) == (MILLION, 20_000, 20_000)
    assert last.issues[-1].line == MILLION
    assert file.page(IssueFilter(severity="warning"), 3_000).issues[0].severity == "warning"
    assert sum(item.count for item in file.summary()) == MILLION
