"""The report in the ESS validation-report structure of 2017.

Source: van der Loo and ten Bosch, "Design of a generic machine-readable validation report structure", version 1.0.0
(2017), ESSnet ValiDat Integration; JSON schema 1.0.1.

A report is an array of validations (event, rule, data, value) and aggregations. The value of a validation is "1" where
the data fulfil the rule and "0" where they do not. Data are identified by population, time, unit and variable.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TextIO

from customs_monitor.contracts import Contract
from customs_monitor.validation.issue_file import ListedIssue, listed_issues
from customs_monitor.validation.judgement import Delivery, Judgement

_ACTOR = "customs-monitor"


def write_ess(delivery: Delivery, judgement: Judgement, contract: Contract, out: TextIO) -> None:
    """Write every issue as a failed validation, then the verdict as one validation and the counts as aggregations."""
    separator = "[\n"
    for entry in _entries(delivery, judgement, contract):
        out.write(separator + json.dumps(entry, ensure_ascii=False))
        separator = ",\n"
    out.write("]\n")


def _entries(delivery: Delivery, judgement: Judgement, contract: Contract) -> Iterator[dict[str, Any]]:
    event = {
        "time": delivery.received_at.isoformat(timespec="seconds"),
        "actor": _ACTOR,
        "agent": f"contract {contract.id} {contract.version}",
        "trigger": f"delivery {delivery.delivery_id}",
    }
    expressions = {rule.id: rule.check for rule in contract.schema_.quality}
    for number, issue in enumerate(listed_issues(judgement.issues), start=1):
        yield {
            "id": f"{delivery.delivery_id}-{number}",
            "type": "validation",
            "event": event,
            "rule": {
                "language": "SQL" if issue.rule in expressions else "customs-monitor rule",
                "expression": expressions.get(issue.rule, issue.rule),
                "severity": issue.severity,
                "description": f"{issue.code} (level {issue.level}): {issue.message}",
                "explanation": issue.cure,
            },
            "data": {
                "source": [_identified(delivery, contract, issue)],
                "target": [_identified(delivery, contract, issue)],
                "description": issue.value or "",
            },
            "value": "0",
        }
    whole = [[contract.id, delivery.period, delivery.file_name, "*"]]
    data = {"source": whole, "target": whole, "description": f"delivery of {delivery.sender}"}
    yield {
        "id": f"{delivery.delivery_id}-verdict",
        "type": "validation",
        "event": event,
        "rule": {
            "language": "customs-monitor rule",
            "expression": f"{contract.id}.onError = {contract.onError}",
            "severity": "error",
            "description": f"The verdict on the delivery is {judgement.verdict}",
        },
        "data": data,
        "value": "0" if judgement.verdict == "refused" else "1",
    }
    counts = {
        "rows read": judgement.rows_read,
        "rows accepted": judgement.rows_accepted,
        "rows refused": judgement.rows_refused,
    } | {f"issues of {count.rule}": count.count for count in judgement.issue_counts}
    for expression, count in counts.items():
        yield {
            "id": f"{delivery.delivery_id}-{expression.replace(' ', '-')}",
            "type": "aggregation",
            "event": event,
            "aggregate": {"language": "text", "expression": "count", "description": expression},
            "data": data,
            "value": str(count),
        }


def _identified(delivery: Delivery, contract: Contract, issue: ListedIssue) -> list[str]:
    unit = delivery.file_name if issue.line is None else f"line {issue.line}"
    return [contract.id, delivery.period, unit, issue.column or "*"]
