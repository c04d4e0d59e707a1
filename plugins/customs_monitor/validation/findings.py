"""What was found out about a delivery: the issue, its columns, and the texts of the rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from customs_monitor.contracts import Quality, Registry
from customs_monitor.contracts.model import Fixer, Severity
from customs_monitor.validation.quoting import literal

#: Characters of a value that an issue quotes; the whole value is in the landed bytes.
VALUE_SHOWN = 200

#: The columns of the issues of a delivery.
ISSUE_SCHEMA = pa.schema(
    [
        pa.field("code", pa.string(), False),
        pa.field("rule", pa.string(), False),
        pa.field("severity", pa.string(), False),
        pa.field("level", pa.int32(), False),
        pa.field("line", pa.int64()),
        pa.field("column", pa.string()),
        pa.field("value", pa.string()),
        pa.field("message", pa.string(), False),
        pa.field("cure", pa.string(), False),
        pa.field("fixes", pa.string(), False),
    ]
)

_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_NOTHING = "(empty)"


@dataclass(frozen=True)
class RuleText:
    """A rule as it is shown: what `rules.yml` or the contract's `quality` say of it.

    Attributes:
        rule: `<column>.<code in lower case>` for the rules every contract has, else the id in the contract.
        message, cure: templates with `{names}`.
        expected: what `{expected}` stands for.
    """

    code: str
    rule: str
    severity: Severity
    level: int
    message: str
    cure: str
    fixes: Fixer
    expected: str = ""

    @classmethod
    def of_catalogue(
        cls, registry: Registry, code: str, subject: str, expected: str = "", severity: Severity | None = None
    ) -> RuleText:
        """Take a rule of `rules.yml`.

        Args:
            registry: has the catalogue.
            code: the rule's code.
            subject: the property it is about, or `key`, `delivery`, `header`.
            expected: what `{expected}` stands for.
            severity: another severity than the catalogue's, where the contract says so.
        """
        found = registry.rules[code]
        return cls(
            code=code,
            rule=f"{subject}.{code.lower()}",
            severity=severity or found.severity,
            level=found.level,
            message=found.message,
            cure=found.cure,
            fixes=found.fixes,
            expected=expected,
        )

    @classmethod
    def of_contract(cls, rule: Quality) -> RuleText:
        """Take a rule that a contract declares."""
        return cls(
            code=rule.id.upper(),
            rule=rule.id,
            severity=rule.severity,
            level=rule.level,
            message=rule.message,
            cure=rule.cure,
            fixes=rule.fixes,
        )


@dataclass(frozen=True)
class Issue:
    """One issue that is not found by SQL: about the file, the header or the delivery as a whole."""

    text: RuleText
    message: str
    cure: str
    line: int | None = None
    column: str | None = None
    value: str | None = None

    @classmethod
    def of(
        cls, text: RuleText, *, line: int | None = None, column: str | None = None, value: str | None = None
    ) -> Issue:
        """Fill in the texts of a rule."""
        names = {"column": column, "value": value, "expected": text.expected}
        return cls(text, fill(text.message, names), fill(text.cure, names), line, column, shorten(value))


def shorten(value: str | None) -> str | None:
    """Cut a value to what an issue quotes."""
    if value is None or len(value) <= VALUE_SHOWN:
        return value
    return value[: VALUE_SHOWN - 1] + "…"


def shortened_sql(value: str) -> str:
    """Return the SQL that cuts a value to what an issue quotes."""
    return f"CASE WHEN length({value}) > {VALUE_SHOWN} THEN left({value}, {VALUE_SHOWN - 1}) || '…' ELSE {value} END"


def fill(template: str, names: Mapping[str, str | None]) -> str:
    """Fill the `{names}` of a template; a name that is not given stays as it is."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        return (shorten(names[name]) or _NOTHING) if name in names else match.group(0)

    return _PLACEHOLDER.sub(value, template)


def fill_sql(template: str, names: Mapping[str, str]) -> str:
    """Return the SQL of a text whose `{names}` are SQL texts of the row; a name that is not given stays as it is."""
    parts: list[str] = []
    end = 0
    for match in _PLACEHOLDER.finditer(template):
        if match.group(1) not in names:
            continue
        parts.append(literal(template[end : match.start()]))
        parts.append(f"coalesce({shortened_sql(names[match.group(1)])}, {literal(_NOTHING)})")
        end = match.end()
    parts.append(literal(template[end:]))
    return " || ".join(part for part in parts if part != "''") or "''"


def names_in(template: str) -> frozenset[str]:
    """Return the `{names}` of a template."""
    return frozenset(_PLACEHOLDER.findall(template))
