"""The rules every contract has without naming them: `expectations/rules.yml`, by code."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from customs_monitor.contracts.documents import read_yaml
from customs_monitor.contracts.model import EssLevel, Fixer, Severity


class Rule(BaseModel):
    """What a code means, how bad it is, and how to cure it.

    Attributes:
        message, cure: texts with `{column}`, `{value}` and `{expected}`.
        why: the reason behind the severity and level.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    severity: Severity
    level: EssLevel
    message: str
    cure: str
    fixes: Fixer = "sender"
    why: str | None = None


class _RuleFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rules: dict[str, Rule]


def load_rules(path: Path) -> dict[str, Rule]:
    """Load the catalogue of rules, by code.

    Raises:
        DocumentError: if the file does not fit the model.
    """
    return read_yaml(path, _RuleFile).rules
