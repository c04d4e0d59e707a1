"""A contract as SQL over the records of a delivery: a SELECT that types and judges every row, and one for the issues.

Rows are judged into bits; what an issue shows is computed for the records of broken rows alone, and of the rules they
break. A value that the contract leaves as its sender wrote it is not computed at all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from customs_monitor.contracts import Contract, Layout, Registry
from customs_monitor.validation import casts
from customs_monitor.validation.broken_rules import BrokenRules
from customs_monitor.validation.codes import Codes
from customs_monitor.validation.columns import LINE, code_number, text, valid_from, valid_to
from customs_monitor.validation.findings import shortened_sql
from customs_monitor.validation.quoting import identifier
from customs_monitor.validation.row_rules import RowRule, is_dated

#: Columns of the pass beside the typed ones.
LINE_NUMBER = "_line_number"
KEY_HASH = "_key_hash"
#: What is kept of refused rows: whether every column of the key could be read, and whether every column could.
KEY_KNOWN = "_key_known"
TYPED = "_typed"


@dataclass(frozen=True)
class CompiledPass:
    """The pass for one file.

    Attributes:
        sql: gives `_line_number`, the typed columns but those in `copied`, what is shown of rows, the bits of broken
            rules, and `_key_hash`: a hash of the key, or of the whole row where there is none.
        copied: the properties whose values are a column of the records as it is: the name of that column.
        broken: reads the bits.
        refusing, of_key, typing: the rules that refuse a row; that say that its key is not known; that a value of it
            could not be read.
        without_key: whether whole rows are compared.
        rows: SQL of the rows that rules are asked of.
        rules: by number.
    """

    sql: str
    copied: Mapping[str, str]
    broken: BrokenRules
    refusing: frozenset[int]
    of_key: frozenset[int]
    typing: frozenset[int]
    without_key: bool
    rows: str
    rules: Mapping[int, RowRule]

    def issues(self, numbers: Collection[int]) -> str:
        """Return SQL of the issues of some rules: line, number, column, value, message, cure."""
        listed = ", ".join(_issue(number, self.rules[number]) for number in numbers)
        return (
            'SELECT line, issue.number, issue."column", issue."value", issue.message, issue.cure '
            f"FROM (SELECT {LINE} AS line, unnest([{listed}]) AS issue FROM ({self.rows})) WHERE issue IS NOT NULL"
        )


def compile_pass(
    corrected: str,
    contract: Contract,
    layout: Layout,
    registry: Registry,
    codes: Codes,
    numbered: Mapping[int, RowRule],
    shown: Mapping[str, str],
    as_received: Mapping[str, str],
) -> CompiledPass:
    """Compile the pass.

    Each layer is a subquery that names its results once; DuckDB runs them as one pipeline.

    Args:
        corrected: SQL of the mapped and corrected rows.
        contract: the contract.
        layout: the layout of the file.
        registry: has the concepts.
        codes: the lists in the session.
        numbered: the compiled rules, by the number under which their issues are listed.
        shown: what issues that are found later show of a row: SQL by name.
        as_received: the properties whose text is a column of the records as it is: the name of that column.
    """
    names = [item.name for item in contract.schema_.properties]
    copied = {name: column for name, column in as_received.items() if casts.is_text(registry.concepts[name])}
    broken = BrokenRules({number: rule.fails for number, rule in numbered.items()})
    rows = _typed(corrected, contract, layout, registry, codes)
    selected = [
        f"{LINE} AS {LINE_NUMBER}",
        *(identifier(name) for name in names if name not in copied),
        *(f"{sql} AS {identifier(name)}" for name, sql in shown.items()),
        *broken.sql(),
        f"hash({', '.join(identifier(name) for name in contract.schema_.key or names)}) AS {KEY_HASH}",
    ]
    return CompiledPass(
        sql=f"SELECT {', '.join(selected)} FROM ({rows})",
        copied=copied,
        broken=broken,
        refusing=frozenset(number for number, rule in numbered.items() if rule.refuses),
        of_key=frozenset(
            number
            for number, rule in numbered.items()
            if (rule.text.code == "MISSING_VALUE" or rule.is_typing) and rule.about in contract.schema_.key
        ),
        typing=frozenset(number for number, rule in numbered.items() if rule.is_typing),
        without_key=not contract.schema_.key,
        rows=rows,
        rules=numbered,
    )


def _typed(corrected: str, contract: Contract, layout: Layout, registry: Registry, codes: Codes) -> str:
    """Keep each text under another name and put its typed value in its place, with what the codelists say of it."""
    typed: list[str] = []
    texts: list[str] = []
    numbers: list[str] = []
    looked_up: list[str] = []
    for item in contract.schema_.properties:
        name, concept = item.name, registry.concepts[item.name]
        quoted = f'"mapped".{identifier(name)}'
        texts.append(f"{quoted} AS {text(name)}")
        typed.append(f"{casts.typed(concept, layout.mapping.get(name), quoted)} AS {identifier(name)}")
        if concept.codelist is not None and is_dated(item, concept, codes):
            numbers.append(f"{codes.number(concept.codelist, quoted)} AS {code_number(name)}")
            for period in range(1, codes.periods(concept.codelist) + 1):
                first, last = codes.valid(concept.codelist, period, code_number(name))
                looked_up.append(f"{first} AS {valid_from(name, period)}")
                looked_up.append(f"{last} AS {valid_to(name, period)}")
    names = ", ".join(identifier(item.name) for item in contract.schema_.properties)
    selected = ", ".join([f'"mapped".* EXCLUDE ({names})', *texts, *typed, *numbers])
    return f'SELECT {", ".join(["*", *looked_up])} FROM (SELECT {selected} FROM ({corrected}) AS "mapped")'


def _issue(number: int, rule: RowRule) -> str:
    return (
        f"CASE WHEN {rule.fails} THEN {{'number': {number}::INTEGER, 'column': {rule.column}::VARCHAR, "
        f"'value': {shortened_sql(rule.value)}::VARCHAR, 'message': {rule.message}, 'cure': {rule.cure}}} END"
    )
