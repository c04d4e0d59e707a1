"""A contract as one SELECT: the rows of a delivery typed, each with the list of its issues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from customs_monitor.contracts import Contract, Layout, Registry
from customs_monitor.validation import casts
from customs_monitor.validation.codes import Codes
from customs_monitor.validation.columns import LINE, code_number, failed, text, valid_from, valid_to
from customs_monitor.validation.findings import shortened_sql
from customs_monitor.validation.quoting import any_of, identifier
from customs_monitor.validation.row_rules import RowRule, is_joined

#: Columns of the pass beside the typed ones.
LINE_NUMBER = "_line_number"
REFUSED = "_refused"
KEY_KNOWN = "_key_known"
TYPED = "_typed"
ISSUES = "_issues"

_ISSUE = 'STRUCT(number INTEGER, "column" VARCHAR, "value" VARCHAR, message VARCHAR, cure VARCHAR)'
#: A row that breaks a rule is asked all rules of the group again, for its issues: few in a group, and few groups.
_GROUP = 8


def compile_pass(
    corrected: str,
    contract: Contract,
    layout: Layout,
    registry: Registry,
    codes: Codes,
    numbered: Mapping[int, RowRule],
    shown: Mapping[str, str],
) -> str:
    """Compile the pass.

    Each layer is a subquery that names its results once; DuckDB runs them as one streaming pipeline.

    Args:
        corrected: SQL of the mapped and corrected rows.
        contract: the contract.
        layout: the layout of the file.
        registry: has the concepts.
        codes: the lists in the session.
        numbered: the compiled rules, by the number under which their issues are listed.
        shown: what issues that are found later show of a row: SQL by name.

    Returns:
        SQL that gives the typed columns, those shown, `_line_number`, and, NULL for rows without an issue: `_refused`,
        `_key_known` (every column of the key could be read), `_typed` (every column could) and `_issues`, a list of
        structs (number of the rule, column, value, message, cure).
    """
    names = [item.name for item in contract.schema_.properties]
    typed = _typed(corrected, contract, layout, registry, codes)
    groups = _groups(numbered)
    failing = [f"{any_of(rule.fails for rule in group.values())} AS {failed(place)}" for place, group in groups.items()]
    judged = f"SELECT {', '.join(['*', *failing])} FROM ({typed})"
    issues = [f"CASE WHEN {failed(place)} THEN [{_issues(group)}] END" for place, group in groups.items()]
    listed = f"list_filter(flatten([{', '.join([f'NULL::{_ISSUE}[]', *issues])}]), lambda issue: issue IS NOT NULL)"
    selected = [
        *(identifier(name) for name in names),
        *(f"{sql} AS {identifier(name)}" for name, sql in shown.items()),
        f"{LINE} AS {LINE_NUMBER}",
        f"CASE WHEN {any_of(failed(place) for place in groups)} THEN {listed} END AS {ISSUES}",
    ]
    refusing = [number for number, rule in numbered.items() if rule.refuses]
    typing = [number for number, rule in numbered.items() if rule.is_typing]
    of_key = [
        number
        for number, rule in numbered.items()
        if (rule.text.code == "MISSING_VALUE" or rule.is_typing) and rule.about in contract.schema_.key
    ]
    flags = [
        f"{_has_issue(refusing)} AS {REFUSED}",
        f"NOT {_has_issue(of_key)} AS {KEY_KNOWN}",
        f"NOT {_has_issue(typing)} AS {TYPED}",
    ]
    return f"SELECT *, {', '.join(flags)} FROM (SELECT {', '.join(selected)} FROM ({judged}))"


def _groups(numbered: Mapping[int, RowRule]) -> Mapping[int, Mapping[int, RowRule]]:
    """Divide the rules: in nearly every stretch of rows some row breaks a rule, and few rows break many."""
    items = list(numbered.items())
    return {place: dict(items[start : start + _GROUP]) for place, start in enumerate(range(0, len(items), _GROUP))}


def _has_issue(numbers: Sequence[int]) -> str:
    """Return the SQL that looks for rules among the issues of a row; asking the rules again would cost more."""
    wanted = ", ".join(str(number) for number in numbers)
    return f"list_has_any(list_transform({ISSUES}, lambda issue: issue.number), [{wanted}]::INTEGER[])"


def _typed(corrected: str, contract: Contract, layout: Layout, registry: Registry, codes: Codes) -> str:
    """Keep each text under another name and put its typed value in its place, with what the codelists say of it."""
    typed: list[str] = []
    texts: list[str] = []
    looked_up: list[str] = []
    joins: list[str] = []
    for item in contract.schema_.properties:
        name, concept = item.name, registry.concepts[item.name]
        quoted = f'"mapped".{identifier(name)}'
        texts.append(f"{quoted} AS {text(name)}")
        typed.append(f"{casts.typed(concept, layout.mapping.get(name), quoted)} AS {identifier(name)}")
        if concept.codelist is not None and is_joined(item, concept, codes):
            table, periods = codes.validity(concept.codelist)
            alias = identifier(f" validity.{name}")
            joins.append(f"JOIN {table} AS {alias} ON {alias}.number = {codes.number(concept.codelist, quoted)}")
            looked_up.append(f"{alias}.number AS {code_number(name)}")
            for number in range(1, periods + 1):
                looked_up.append(f"{alias}.from_{number} AS {valid_from(name, number)}")
                looked_up.append(f"{alias}.to_{number} AS {valid_to(name, number)}")
    names = ", ".join(identifier(item.name) for item in contract.schema_.properties)
    selected = ", ".join([f'"mapped".* EXCLUDE ({names})', *texts, *typed, *looked_up])
    return f'SELECT {selected} FROM ({corrected}) AS "mapped" {" ".join(joins)}'


def _issues(numbered: Mapping[int, RowRule]) -> str:
    """Return the list of the issues of a row; it is computed for failing rows only."""
    return ", ".join(
        f"CASE WHEN {rule.fails} THEN {{'number': {number}::INTEGER, 'column': {rule.column}::VARCHAR, "
        f"'value': {shortened_sql(rule.value)}::VARCHAR, 'message': {rule.message}, 'cure': {rule.cure}}} END"
        for number, rule in numbered.items()
    )
