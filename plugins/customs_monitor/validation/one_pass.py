"""A contract as one SELECT: the rows of a delivery typed, each with the list of its issues."""

from __future__ import annotations

from collections.abc import Mapping

from customs_monitor.contracts import Contract, Layout, Registry
from customs_monitor.validation import casts
from customs_monitor.validation.codes import Codes
from customs_monitor.validation.columns import FAILED, LINE, code_number, text, valid_from, valid_to
from customs_monitor.validation.findings import shortened_sql
from customs_monitor.validation.quoting import any_of, identifier
from customs_monitor.validation.row_rules import RowRule, is_joined

#: Columns of the pass beside the typed ones.
LINE_NUMBER = "_line_number"
REFUSED = "_refused"
KEY_KNOWN = "_key_known"
TYPED = "_typed"
ISSUES = "_issues"


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
    rules = tuple(numbered.values())
    names = [item.name for item in contract.schema_.properties]
    typed = _typed(corrected, contract, layout, registry, codes)
    judged = f"SELECT *, {any_of(rule.fails for rule in rules)} AS {FAILED} FROM ({typed})"
    refused = any_of(rule.fails for rule in rules if rule.refuses)
    missing = [rule for rule in rules if rule.text.code == "MISSING_VALUE" or rule.is_typing]
    key_unknown = any_of(rule.fails for rule in missing if rule.about in contract.schema_.key)
    untyped = any_of(rule.fails for rule in missing if rule.is_typing)
    selected = [
        *(identifier(name) for name in names),
        *(f"{sql} AS {identifier(name)}" for name, sql in shown.items()),
        f"{LINE} AS {LINE_NUMBER}",
        f"CASE WHEN {FAILED} THEN {refused} END AS {REFUSED}",
        f"CASE WHEN {FAILED} THEN NOT {key_unknown} END AS {KEY_KNOWN}",
        f"CASE WHEN {FAILED} THEN NOT {untyped} END AS {TYPED}",
        f"CASE WHEN {FAILED} THEN list_filter([{_issues(numbered)}], lambda issue: issue IS NOT NULL) END AS {ISSUES}",
    ]
    return f"SELECT {', '.join(selected)} FROM ({judged})"


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
