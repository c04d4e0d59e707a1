"""The issues of a delivery: gathered from all steps, ordered, counted and written by SQL, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import duckdb
import pyarrow as pa

from customs_monitor.contracts.model import Severity
from customs_monitor.validation.findings import ISSUE_SCHEMA, Issue, RuleText
from customs_monitor.validation.pass_run import ROW_ISSUE_SCHEMA
from customs_monitor.validation.quoting import literal
from customs_storage.parquet import write_parquet

#: Issues that are sorted at once, about 60 MB of texts.
_STRETCH = 100_000


@dataclass(frozen=True)
class IssueCount:
    """How often a rule was broken.

    Attributes:
        count: the issues, as listed.
        rows: the rows, groups or deliveries that break it. More than the issues where a fault of one record of the
            file is a fault of every row that `unpivot` has made of it.
    """

    code: str
    rule: str
    severity: Severity
    level: int
    count: int
    rows: int


class IssueList:
    """Collects issues, each with the number of its rule.

    Args:
        connection: the session.
        record_has_rows: whether a record of the file may have become several rows. Issues of the same record that
            say the same are then one.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, record_has_rows: bool = False) -> None:
        self._connection = connection
        self._record_has_rows = record_has_rows
        self._rules: list[RuleText] = []
        self._parts: list[str] = []
        self._single: list[tuple[int, Issue]] = []

    def number(self, rule: RuleText) -> int:
        """Return the number under which issues of the rule are given."""
        self._rules.append(rule)
        return len(self._rules) - 1

    def add_sql(self, sql: str) -> None:
        """Add the issues a SELECT gives by `ROW_ISSUE_SCHEMA`."""
        self._parts.append(sql)

    def add(self, issues: Iterable[Issue]) -> None:
        """Add issues that were not found by SQL."""
        numbers: dict[RuleText, int] = {}
        for issue in issues:
            if issue.text not in numbers:
                numbers[issue.text] = self.number(issue.text)
            self._single.append((numbers[issue.text], issue))

    def write(self, path: Path) -> tuple[IssueCount, ...]:
        """Write all issues ordered by line (those of the whole delivery first), column and rule.

        Returns:
            How often each rule was broken, ordered by code and rule.
        """
        self._connection.register("rules", _rules_table(self._rules))
        self._connection.register("single_issues", _singles_table(self._single))
        every = " UNION ALL ".join(["SELECT * FROM single_issues", *self._parts])
        listed = f"SELECT DISTINCT * FROM ({every})" if self._record_has_rows else every
        write_parquet(self._in_order(every, listed), path, ISSUE_SCHEMA)
        # From the file: held in memory, six million issues take a third of a gigabyte.
        issues = self._count(f"read_parquet({literal(path.as_posix())})")
        rows = self._count(f"(({every}) AS issues JOIN rules USING (number))") if self._record_has_rows else issues
        return tuple(IssueCount(*rule, count, rows[rule]) for rule, count in issues.items())

    def _in_order(self, every: str, listed: str) -> Iterator[pa.RecordBatch]:
        names = ", ".join(f'"{field.name}"' for field in ISSUE_SCHEMA)
        for stretch in self._stretches(every):
            reader = self._connection.execute(
                f"SELECT {names} FROM ({listed}) AS issues JOIN rules USING (number) WHERE {stretch} "
                'ORDER BY line NULLS FIRST, "column" NULLS FIRST, rule, "value" NULLS FIRST, message, cure'
            ).to_arrow_reader(65_536)
            yield from (_conform(batch) for batch in reader)

    def _stretches(self, every: str) -> Iterator[str]:
        """Cut the issues at lines into stretches, given as conditions, of which each is sorted in little memory.

        One sort of all needs room for the texts of all: a session with little memory fails, though it may spill.
        """
        counted = self._connection.execute(f"SELECT count(*) FROM ({every})").fetchone()
        parts = (counted[0] if counted else 0) // _STRETCH + 1
        lines: list[int] = []
        if parts > 1:
            quantiles = [part / parts for part in range(1, parts)]
            cuts = self._connection.execute(f"SELECT approx_quantile(line, {quantiles}) FROM ({every})").fetchone()
            lines = sorted(set(cuts[0] if cuts and cuts[0] else ()))
        if not lines:
            yield "true"
            return
        yield f"line IS NULL OR line < {lines[0]}"
        yield from (f"line >= {first} AND line < {behind}" for first, behind in pairwise(lines))
        yield f"line >= {lines[-1]}"

    def _count(self, source: str) -> dict[tuple[str, str, Severity, int], int]:
        counted = self._connection.execute(
            f"SELECT {', '.join(_COUNTED)}, count(*) FROM {source} GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        return {(code, rule, severity, level): count for code, rule, severity, level, count in counted}


_COUNTED = ["code", "rule", "severity", "level"]


def _conform(batch: pa.RecordBatch) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [batch.column(field.name).cast(field.type) for field in ISSUE_SCHEMA], schema=ISSUE_SCHEMA
    )


def _rules_table(rules: list[RuleText]) -> pa.Table:
    return pa.table(
        {
            "number": pa.array(range(len(rules)), pa.int32()),
            "code": pa.array([rule.code for rule in rules], pa.string()),
            "rule": pa.array([rule.rule for rule in rules], pa.string()),
            "severity": pa.array([rule.severity for rule in rules], pa.string()),
            "level": pa.array([rule.level for rule in rules], pa.int32()),
            "fixes": pa.array([rule.fixes for rule in rules], pa.string()),
        }
    )


def _singles_table(issues: list[tuple[int, Issue]]) -> pa.Table:
    return pa.table(
        [
            pa.array([issue.line for _, issue in issues], pa.int64()),
            pa.array([number for number, _ in issues], pa.int32()),
            pa.array([issue.column for _, issue in issues], pa.string()),
            pa.array([issue.value for _, issue in issues], pa.string()),
            pa.array([issue.message for _, issue in issues], pa.string()),
            pa.array([issue.cure for _, issue in issues], pa.string()),
        ],
        schema=ROW_ISSUE_SCHEMA,
    )
