"""The issues of a delivery by page: filtered and cut by SQL over the Parquet file, however many millions there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import duckdb

from customs_monitor.validation.findings import ISSUE_SCHEMA
from customs_monitor.validation.issue_file import ListedIssue
from customs_monitor.validation.quoting import literal

PAGE_ROWS = 50
#: Columns that a filter offers; a header of ten thousand columns is no list to choose from.
_MOST_COLUMNS = 200
_NAMES = ", ".join(f'"{name}"' for name in ISSUE_SCHEMA.names)
_SEVERITY = "list_position(['error', 'warning', 'information'], severity)"
_MEMORY = "256MB"


@dataclass(frozen=True)
class IssueFilter:
    """Which issues are asked for; an empty text asks for all.

    Attributes:
        rule: id of a rule.
        severity: error, warning or information.
        column: name of a column as in the file.
        text: words that line, value, message or cure hold, in any case.
    """

    rule: str = ""
    severity: str = ""
    column: str = ""
    text: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether all issues are asked for."""
        return not any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True)
class RuleSummary:
    """How often a rule was broken, with its first issue as an example."""

    count: int
    first: ListedIssue


@dataclass(frozen=True)
class IssuePage:
    """One page of the issues that a filter leaves.

    Attributes:
        total: how many it leaves.
        number: of the page, from 1; the last one where a later one was asked for.
        pages: how many pages there are; 1 where there is no issue.
        issues: in the order of the file: line, column, rule.
    """

    total: int
    number: int
    pages: int
    issues: tuple[ListedIssue, ...]


class IssueFile:
    """The issues of one delivery, as a Parquet file by `ISSUE_SCHEMA`, in the order in which they are told."""

    def __init__(self, path: Path) -> None:
        self._source = f"read_parquet({literal(path.as_posix())}, file_row_number = true)"

    def page(self, wanted: IssueFilter, number: int = 1, rows: int = PAGE_ROWS) -> IssuePage:
        """Return a page.

        Args:
            wanted: which issues.
            number: of the page, from 1.
            rows: issues on a page.
        """
        where, values = _condition(wanted)
        with self._session() as session:
            (total,) = session.execute(f"SELECT count(*) FROM {self._source} WHERE {where}", values).fetchall()[0]
            pages = max(1, -(-total // rows))
            number = min(max(1, number), pages)
            found = session.execute(
                f"SELECT {_NAMES} FROM {self._source} WHERE {where} ORDER BY file_row_number LIMIT ? OFFSET ?",
                [*values, rows, (number - 1) * rows],
            ).fetchall()
        return IssuePage(total, number, pages, tuple(ListedIssue(*row) for row in found))

    def summary(self) -> tuple[RuleSummary, ...]:
        """Return the broken rules, errors first, then the most frequent; each with its first issue."""
        with self._session() as session:
            found = session.execute(
                f"SELECT n, {_NAMES} FROM {self._source} JOIN ("
                f"SELECT min(file_row_number) AS file_row_number, count(*) AS n FROM {self._source} "
                f"GROUP BY severity, rule, code) USING (file_row_number) ORDER BY {_SEVERITY}, n DESC, rule"
            ).fetchall()
        return tuple(RuleSummary(count, ListedIssue(*row)) for count, *row in found)

    def columns(self) -> tuple[str, ...]:
        """Return the columns that have issues, by name."""
        with self._session() as session:
            found = session.execute(
                f'SELECT DISTINCT "column" FROM {self._source} WHERE "column" IS NOT NULL '
                f"ORDER BY 1 LIMIT {_MOST_COLUMNS}"
            ).fetchall()
        return tuple(name for (name,) in found)

    def all(self, wanted: IssueFilter) -> Iterator[ListedIssue]:
        """Yield all issues that a filter leaves, as a stream, in the order of the file."""
        where, values = _condition(wanted)
        with self._session() as session:
            reader = session.execute(f"SELECT {_NAMES} FROM {self._source} WHERE {where}", values).to_arrow_reader(
                16_384
            )
            for batch in reader:
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    yield ListedIssue(*row)

    @staticmethod
    def _session() -> duckdb.DuckDBPyConnection:
        session = duckdb.connect()
        # One thread keeps the order of the file, and leaves the others to those who judge.
        session.execute(f"SET threads = 1; SET memory_limit = '{_MEMORY}'")
        return session


def _condition(wanted: IssueFilter) -> tuple[str, list[object]]:
    parts: list[str] = []
    values: list[object] = []
    for name in ("rule", "severity", "column"):
        if value := getattr(wanted, name):
            parts.append(f'"{name}" = ?')
            values.append(value)
    for word in wanted.text.split():
        parts.append(
            "(contains(lower(message), lower(?)) OR contains(lower(coalesce(value, '')), lower(?)) "
            "OR contains(lower(cure), lower(?)) OR CAST(line AS VARCHAR) = ?)"
        )
        values += [word] * 4
    return " AND ".join(parts) or "true", values
