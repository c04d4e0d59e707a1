"""Reading the issues of a delivery back, as a stream: there may be millions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from customs_monitor.contracts.model import Severity
from customs_monitor.validation.findings import ISSUE_SCHEMA

_BATCH_ROWS = 16_384
_RULE = ("severity", "rule", "code")
#: As they are told.
_SEVERITIES = ("error", "warning", "information")


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
        for row in _rows(batch):
            yield ListedIssue(*row)


def issues_by_rule(path: Path) -> Iterator[tuple[ListedIssue, Iterator[ListedIssue]]]:
    """Yield, for every broken rule, its first issue and all of its issues; errors first, then by rule.

    Nothing is sorted: the issues of a rule are in the order of the file already. Read are the row groups that have any.
    """
    with pq.ParquetFile(path) as file:
        groups: dict[tuple[int, str, str], list[int]] = {}
        for number in range(file.num_row_groups):
            found = file.read_row_group(number, columns=list(_RULE)).group_by(list(_RULE)).aggregate([])
            for severity, rule, code in zip(*(found[name].to_pylist() for name in _RULE), strict=True):
                groups.setdefault((_SEVERITIES.index(severity), rule, code), []).append(number)
        for (severity, rule, code), numbers in sorted(groups.items()):
            is_of_rule = (
                (pc.field("severity") == _SEVERITIES[severity])
                & (pc.field("rule") == rule)
                & (pc.field("code") == code)
            )
            own = (
                ListedIssue(*row)
                for batch in file.iter_batches(_BATCH_ROWS, numbers, ISSUE_SCHEMA.names)
                for row in _rows(batch.filter(is_of_rule))
            )
            first = next(own)
            yield first, chain((first,), own)


def _rows(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in batch.columns), strict=True)
