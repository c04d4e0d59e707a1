"""Reading the issues of a delivery back, as a stream: there may be millions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from customs_monitor.contracts.model import Severity
from customs_monitor.validation.findings import ISSUE_SCHEMA
from customs_monitor.validation.quoting import literal

_BATCH_ROWS = 16_384


@dataclass(frozen=True, slots=True)
class ListedIssue:
    """One issue as it is reported; the attributes are the columns of `ISSUE_SCHEMA`."""

    code: str
    rule: str
    severity: Severity
    level: int
    line: int | None
    column: str | None
    value: str | None
    message: str
    cure: str
    fixes: str


def listed_issues(path: Path) -> Iterator[ListedIssue]:
    """Yield the issues in the order of the file: by line, column and rule."""
    for batch in pq.ParquetFile(path).iter_batches(_BATCH_ROWS, columns=ISSUE_SCHEMA.names):
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            yield ListedIssue(*row)


def issues_by_rule(path: Path) -> Iterator[tuple[ListedIssue, Iterator[ListedIssue]]]:
    """Yield, for every broken rule, its first issue and all of its issues; errors first, then by rule."""
    with duckdb.connect() as connection:
        names = ", ".join(f'"{name}"' for name in ISSUE_SCHEMA.names)
        reader = connection.execute(
            f"SELECT {names} FROM read_parquet({literal(path.as_posix())}) "
            "ORDER BY list_position(['error', 'warning', 'information'], severity), rule, code, "
            'line NULLS FIRST, "column" NULLS FIRST, "value" NULLS FIRST, message'
        ).to_arrow_reader(_BATCH_ROWS)
        issues = (
            ListedIssue(*row)
            for batch in reader
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
        )
        for _, group in groupby(issues, key=lambda issue: (issue.severity, issue.rule, issue.code)):
            own = iter(group)
            first = next(own)
            yield first, chain((first,), own)
