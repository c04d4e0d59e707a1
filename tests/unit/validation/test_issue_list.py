"""The list of issues: sorted in stretches, as if it had been sorted at once."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from customs_monitor.validation import issue_list
from customs_monitor.validation.findings import Issue, RuleText
from customs_monitor.validation.issue_list import IssueList
from customs_monitor.validation.session import open_session

_RULES = [
    RuleText("R1", "rule_1", "error", 1, "a message", "a cure", "sender"),
    RuleText("R2", "rule_2", "warning", 2, "a message", "a cure", "sender"),
]


def _written(folder: Path, issues: list[Issue]) -> bytes:
    folder.mkdir()
    connection = open_session(folder)
    found = IssueList(connection)
    found.add(issues)
    counts = found.write(folder / "issues.parquet")
    connection.close()
    assert sum(count.count for count in counts) == len(issues)
    return (folder / "issues.parquet").read_bytes()


@pytest.mark.parametrize("lines", [range(1, 200), [7], [None], [None, 3]], ids=["many", "one", "none", "few"])
def test_issues_sorted_in_stretches_are_those_sorted_at_once(
    lines: Sequence[int | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(5)
    issues = [
        Issue.of(chance.choice(_RULES), line=chance.choice(lines), column=chance.choice(["A", None]), value=str(number))
        for number in range(1_000)
    ]
    at_once = _written(tmp_path / "at_once", issues)
    monkeypatch.setattr(issue_list, "_STRETCH", 7)
    assert _written(tmp_path / "in_stretches", issues) == at_once
    written = pq.read_table(tmp_path / "in_stretches" / "issues.parquet").column("line").to_pylist()
    assert written == sorted(written, key=lambda line: -1 if line is None else line)
