"""What the reader found, as issues."""

from __future__ import annotations

from customs_monitor.contracts import Registry
from customs_monitor.intake import IntakeError, IntakeProblem
from customs_monitor.validation.findings import Issue, RuleText, shorten


def reader_issue(problem: IntakeError | IntakeProblem, subject: str, registry: Registry) -> Issue:
    """Give what the reader says in its own words, with the severity of the catalogue.

    Args:
        problem: what stopped the reader, or a record it left out.
        subject: `file` or `record`, the first part of the rule's id.
        registry: has the catalogue.
    """
    found = registry.rules["FILE_UNREADABLE" if isinstance(problem, IntakeError) else "RECORD_UNREADABLE"]
    text = RuleText(
        code=problem.code,
        rule=f"{subject}.{problem.code.lower()}",
        severity=found.severity,
        level=found.level,
        message=found.message,
        cure=found.cure,
        fixes=found.fixes,
    )
    value = problem.value if isinstance(problem, IntakeProblem) else None
    return Issue(text, problem.message, problem.cure, problem.line, problem.column, shorten(value))
