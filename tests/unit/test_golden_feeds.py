"""Every golden case of every feed: a small delivery in the feed's real format, and all that is said about it.

A case is a folder `tests/golden/feeds/<feed>/<case>/`:

- `delivery.<ext>`: the delivery, made by hand in the format of the real one;
- `case.yml`: layout (the one that must claim it), file_name (under which it arrives; the name of the delivery when
  absent), sender, period, verdict;
- `expect.accepted.csv`: the accepted rows with their line; absent or a header only where none is accepted;
- `expect.issues.csv`: code, rule, severity, line, column, value of every issue, in the order of the report.

After a change of a contract that is meant, write the expectations anew and review the difference before committing:

    CUSTOMS_MONITOR_GOLDEN=write .venv/bin/pytest -q tests/unit/test_golden_feeds.py
    git diff tests/golden
"""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from pydantic import BaseModel, ConfigDict

from customs_monitor.collection.claims import Claim, claim
from customs_monitor.contracts import Registry
from customs_monitor.intake import sniff
from customs_monitor.validation.judge import Delivery, Judgement, judge
from customs_storage.hashing import sha256_of

CASES = Path(__file__).resolve().parents[1] / "golden" / "feeds"
ISSUE_COLUMNS = ("code", "rule", "severity", "line", "column", "value")
HOW_TO_REGENERATE = (
    "if the change is meant: CUSTOMS_MONITOR_GOLDEN=write .venv/bin/pytest -q tests/unit/test_golden_feeds.py, "
    "then review git diff tests/golden"
)


class Case(BaseModel):
    """What `case.yml` says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str
    layout: str
    sender: str
    period: str
    verdict: str
    file_name: str | None = None


def cases() -> list[Path]:
    """Return the folders of all cases."""
    return sorted(path.parent for path in CASES.glob("*/*/case.yml"))


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


def test_there_are_cases() -> None:
    assert len(cases()) > 1, f"no golden case in {CASES}"


@pytest.mark.parametrize("folder", cases(), ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_the_verdict_the_rows_and_the_issues_are_those_of_the_case(
    folder: Path, registry: Registry, tmp_path: Path
) -> None:
    case = Case.model_validate(yaml.safe_load((folder / "case.yml").read_text(encoding="utf-8")))
    delivery = next(folder.glob("delivery.*"))
    arrived = tmp_path / (case.file_name or delivery.name)
    shutil.copy(delivery, arrived)
    feed = folder.parent.name
    contract = registry.feeds[feed]

    claimed = claim(f"{feed}/{arrived.name}", sniff(arrived), registry)
    assert isinstance(claimed, Claim)
    assert claimed.layout == case.layout, "another layout claims the delivery"

    found = judge(
        arrived,
        Delivery(
            feed=feed,
            delivery_id="golden",
            sender=case.sender,
            period=case.period,
            received_at=datetime(2026, 6, 30, 12, tzinfo=UTC),
            file_name=arrived.name,
            sha256=sha256_of(arrived),
        ),
        contract,
        contract.layout(case.layout),
        registry,
        tmp_path / "scratch",
    )
    accepted, issues = _accepted_csv(found), _issues_csv(found)
    if os.environ.get("CUSTOMS_MONITOR_GOLDEN") == "write":
        (folder / "expect.accepted.csv").write_text(accepted, encoding="utf-8")
        (folder / "expect.issues.csv").write_text(issues, encoding="utf-8")
    else:
        assert issues == (folder / "expect.issues.csv").read_text(encoding="utf-8"), HOW_TO_REGENERATE
        assert accepted == (folder / "expect.accepted.csv").read_text(encoding="utf-8"), HOW_TO_REGENERATE
    assert found.verdict == case.verdict, HOW_TO_REGENERATE


def _accepted_csv(found: Judgement) -> str:
    if found.accepted is None:
        return ""
    table = pq.read_table(found.accepted).drop_columns(["_delivery_id"])
    return _csv(table.column_names, (row.values() for row in table.to_pylist()))


def _issues_csv(found: Judgement) -> str:
    table = pq.read_table(found.issues, columns=list(ISSUE_COLUMNS))
    return _csv(ISSUE_COLUMNS, (row.values() for row in table.to_pylist()))


def _csv(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(["" if value is None else value for value in row] for row in rows)
    return text.getvalue()
