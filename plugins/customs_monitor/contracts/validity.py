"""What a rule may ask a codelist: whether a code is in it at the time of the row, and what its file says of the code.

- `valid_in(codelist, column, period column)`; in place of the period column a day in quotes can stand: the composition
  of that day.
- `attribute_of(codelist, attribute, column)`: what the column of the codelist's file says of the code, empty where it
  says nothing; NULL for what is no code. A code with several periods of validity has the attributes of the last.

A rule that asks whether the partner is a Member State must not carry a copy of the EU's composition. The registry
writes the codes and dates of the list into the rule when it loads it, so that the one-pass SQL and the Great
Expectations suite read the same plain SQL.
"""

from __future__ import annotations

import re
from datetime import date

from customs_monitor.contracts.codelists import Code, Codelist, Codelists
from customs_monitor.contracts.documents import DocumentError

_CALL = re.compile(r"\bvalid_in\(\s*(?P<codelist>\w+)\s*,\s*(?P<column>\w+)\s*,\s*(?P<period>\w+|'[0-9-]+')\s*\)")
_ATTRIBUTE = re.compile(r"\battribute_of\(\s*(?P<codelist>\w+)\s*,\s*(?P<attribute>\w+)\s*,\s*(?P<column>\w+)\s*\)")


def expand(condition: str, codelists: Codelists, place: str) -> str:
    """Return an SQL condition with every `valid_in(...)` and `attribute_of(...)` written out.

    Args:
        condition: SQL over the columns of the feed.
        codelists: where the lists are.
        place: file and key, for the error.

    Raises:
        DocumentError: if there is no such codelist, or none of its codes has the attribute.
    """

    def named(call: re.Match[str], function: str) -> Codelist:
        name = call["codelist"]
        if name not in codelists:
            raise DocumentError([f"{place}: {function}: there is no cl_{name}.csv"])
        return codelists[name]

    def membership(call: re.Match[str]) -> str:
        return _membership(named(call, "valid_in"), call["column"], call["period"])

    def attribute(call: re.Match[str]) -> str:
        codelist = named(call, "attribute_of")
        if not any(call["attribute"] in code.attributes for code in codelist):
            raise DocumentError([f"{place}: attribute_of: cl_{codelist.name}.csv has no column {call['attribute']}"])
        return _attribute(codelist, call["attribute"], call["column"])

    return _ATTRIBUTE.sub(attribute, _CALL.sub(membership, condition))


def _attribute(codelist: Codelist, attribute: str, column: str) -> str:
    """Return the attribute of a code, one branch for each value it has in the list."""
    holders: dict[str, list[str]] = {}
    for name, periods in codelist.by_code.items():
        holders.setdefault(periods[-1].attributes.get(attribute, ""), []).append(name)
    branches = (
        f"WHEN {column} IN ({', '.join(_text(code) for code in codes)}) THEN {_text(value)}"
        for value, codes in holders.items()
    )
    return f"(CASE {' '.join(branches)} END)"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _membership(codelist: Codelist, column: str, period: str) -> str:
    """Return the condition, one term for each span of validity in the list."""
    spans: dict[tuple[date | None, date | None], list[Code]] = {}
    for code in codelist:
        spans.setdefault((code.valid_from, code.valid_to), []).append(code)
    # The last day of a period as text, 2020 -> 2020-12-31, 2020-Q1 -> 2020-03-31: ISO dates compare as text, and the
    # day 31 of a short month does no harm in a comparison.
    months = period
    for quarter, month in (("Q1", "03"), ("Q2", "06"), ("Q3", "09"), ("Q4", "12")):
        months = f"replace({months}, '{quarter}', '{month}')"
    last_day = f"({months} || substr('0000-12-31', length({period}) + 1))"
    terms = []
    for (start, end), codes in spans.items():
        listed = ", ".join(f"'{code.code}'" for code in codes)
        bounds = [f"{column} IN ({listed})"]
        bounds += [f"{last_day} >= '{start}'"] if start else []
        bounds += [f"{last_day} <= '{end}'"] if end else []
        terms.append(" AND ".join(bounds))
    return "(" + " OR ".join(f"({term})" for term in terms) + ")"
