"""The second reading of a contract: Great Expectations judges a feed's batch in its DAG, on DuckDB."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from customs_monitor.contracts import Contract, Registry
from customs_monitor.contracts.model import Severity
from customs_monitor.validation.batch import BATCH, ROWS, BatchSource, write_batch
from customs_monitor.validation.gx_context import run_suite
from customs_monitor.validation.suite import Expected, expectations_of, left_out_of_groups

__all__ = ["BatchSource", "BatchVerdict", "ExpectationFailed", "ExpectationResult", "judge_batch"]


class ExpectationFailed(RuntimeError):
    """An expectation could not be evaluated: the contract or the platform is at fault, not the data."""


@dataclass(frozen=True)
class ExpectationResult:
    """What Great Expectations found for one rule.

    Attributes:
        rule, code, severity, level: as in the issues of the one-pass SQL.
        success: whether no row, group or delivery breaks the rule.
        unexpected_count: how many do.
        element_count: the rows that were looked at.
        comparable: whether the one-pass SQL counts the same rule.
    """

    rule: str
    code: str
    severity: Severity
    level: int
    success: bool
    unexpected_count: int
    element_count: int
    comparable: bool


@dataclass(frozen=True)
class BatchVerdict:
    """What Great Expectations found on a feed's batch.

    Attributes:
        success: whether no expectation of severity error failed.
        results: in the order of the contract.
        seconds: wall time, with reading.
        record: the validation result as Great Expectations serialises it, without what depends on the clock.
    """

    feed: str
    success: bool
    results: tuple[ExpectationResult, ...]
    seconds: float
    record: Mapping[str, Any] = field(repr=False, compare=False)


def judge_batch(registry: Registry, contract: Contract, sources: Sequence[BatchSource], scratch: Path) -> BatchVerdict:
    """Judge all deliveries that a run has read, as one batch.

    Args:
        registry: concepts, codelists, rules.
        contract: the contract of the feed.
        sources: the deliveries that could be read to their end, whatever the verdict on them.
        scratch: a folder for working files; nothing stays in it.

    Raises:
        ExpectationFailed: if an expectation could not be evaluated.
        IntakeError: if a delivery cannot be read to its end.
    """
    started = time.monotonic()
    expectations = expectations_of(contract, registry)
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch, prefix="batch-") as folder:
        database = Path(folder) / "batch.duckdb"
        write_batch(database, registry, contract, sources, left_out_of_groups(contract, expectations, ROWS))
        record = run_suite(contract.id, database, BATCH, expectations)
    by_rule = {item["expectation_config"]["meta"]["rule"]: item for item in record["results"]}
    rows = int(by_rule["batch.no_rows"]["result"]["observed_value"])
    results = tuple(_result(expected, by_rule[expected.rule], rows) for expected in expectations)
    return BatchVerdict(
        feed=contract.id,
        success=all(result.success for result in results if result.severity == "error"),
        results=results,
        seconds=time.monotonic() - started,
        record=without_clock(record, [expected.rule for expected in expectations]),
    )


def _result(expected: Expected, found: Mapping[str, Any], rows: int) -> ExpectationResult:
    result = found["result"]
    if "exception_message" not in found["exception_info"] or found["exception_info"]["raised_exception"]:
        raise ExpectationFailed(f"{expected.rule}: {_reason(found['exception_info'])}")
    if "unexpected_count" in result:
        # A sum over no row is null: where no row meets the condition of the expectation, none is unexpected.
        unexpected, elements = result["unexpected_count"] or 0, result["element_count"]
    elif expected.type == "unexpected_rows_expectation":
        unexpected, elements = result["observed_value"], rows
    else:
        unexpected, elements = int(not found["success"]), rows
    return ExpectationResult(
        rule=expected.rule,
        code=expected.code,
        severity=expected.severity,
        level=expected.level,
        success=bool(found["success"]),
        unexpected_count=int(unexpected),
        element_count=int(elements),
        comparable=expected.comparable,
    )


def _reason(exception_info: Mapping[str, Any]) -> str:
    """Return the first message: one for the expectation, or one for each of its metrics."""
    parts = [exception_info, *(part for part in exception_info.values() if isinstance(part, Mapping))]
    return next((part["exception_message"] for part in parts if part.get("exception_message")), "no reason given")


def without_clock(record: Mapping[str, Any], rules: Sequence[str]) -> dict[str, Any]:
    """Return a validation result without times and random ids, its results in the order of the rules."""
    order = {rule: position for position, rule in enumerate(rules)}
    results = sorted(record["results"], key=lambda item: order[item["expectation_config"]["meta"]["rule"]])
    return {
        "success": record["success"],
        "suite_name": record["suite_name"],
        "suite_parameters": {},
        "statistics": record["statistics"],
        "meta": {"great_expectations_version": record["meta"]["great_expectations_version"]},
        "results": [
            {
                **result,
                "expectation_config": {
                    key: value for key, value in result["expectation_config"].items() if key != "id"
                },
            }
            for result in results
        ],
    }
