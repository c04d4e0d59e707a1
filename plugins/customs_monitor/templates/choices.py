"""What a column takes by itself: the values, where they can be listed, and how long a text may be."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from customs_monitor.contracts import Code, Property, Registry
from customs_monitor.templates.order import Order
from customs_monitor.validation.quoting import identifier
from customs_monitor.validation.references import columns_read


def choices(item: Property, asked: Order, registry: Registry) -> tuple[Code, ...]:
    """Return what a column takes: codes valid at the day of the order, true and false; nothing where it takes any text.

    A code that a rule refuses whatever the other columns say is none of them: so the contract needs no second list.

    Args:
        item: the column.
        asked: the template it is for.
        registry: concepts and codelists.

    Raises:
        ContractSqlError: if a rule of the contract is no SQL.
    """
    concept = registry.concepts[item.name]
    if asked.period is not None and item.name == asked.layout.period.column:
        return (Code(asked.period, ""),)
    if asked.sender is not None and item.name == asked.layout.sender.column:
        label = registry.codelists[concept.codelist].label(asked.sender, asked.day) if concept.codelist else None
        return (Code(asked.sender, label or ""),)
    if concept.logicalType == "boolean":
        return _taken(item, (Code("true", ""), Code("false", "")), asked, registry)
    if concept.codelist is None:
        return ()
    listed = registry.codelists[concept.codelist]
    if item.validAt is None:
        return _taken(item, (periods[-1] for periods in listed.by_code.values()), asked, registry)
    return _taken(item, (code for code in listed if code.is_valid(asked.day)), asked, registry)


def longest(item: Property, asked: Order, registry: Registry) -> int | None:
    """Return how long a text may be: what the concept allows and no rule of the feed refuses; None without a bound.

    Raises:
        ContractSqlError: if a rule of the contract is no SQL.
    """
    bound = registry.concepts[item.name].maxLength
    if bound is None:
        return None
    texts = ["x" * length for length in range(1, bound + 1)]
    return max((len(text) for text in _unrefused(item, texts, asked, registry)), default=bound)


def _taken(item: Property, codes: Iterable[Code], asked: Order, registry: Registry) -> tuple[Code, ...]:
    by_code = {code.code: code for code in codes}
    return tuple(by_code[text] for text in _unrefused(item, list(by_code), asked, registry))


def _unrefused(item: Property, texts: list[str], asked: Order, registry: Registry) -> list[str]:
    """Leave out the texts that an error of the contract refuses by themselves."""
    name, type_name = identifier(item.name), registry.concepts[item.name].duckdb_type
    rules = [
        rule
        for rule in asked.contract.schema_.quality
        if rule.kind == "row"
        and rule.severity == "error"
        and (not rule.layouts or asked.layout.id in rule.layouts)
        # Most rules are about other columns, which their text tells: a database of its own for each column is dear.
        and item.name.casefold() in f"{rule.when} {rule.check}".casefold()
    ]
    if not rules:
        return texts
    with duckdb.connect() as connection:
        for rule in rules:
            fails = f"({rule.when or 'true'}) AND NOT ({rule.check})"
            if columns_read(connection, fails, f"feeds/{asked.contract.id}.yml: rule {rule.id}") != (item.name,):
                continue
            found = connection.execute(
                f"SELECT text FROM (SELECT text, CAST(text AS {type_name}) AS {name} FROM (SELECT unnest(?) AS text)) "
                f"WHERE NOT coalesce(TRY({fails}), false)",
                [texts],
            ).fetchall()
            kept = {text for (text,) in found}
            texts = [text for text in texts if text in kept]
    return texts
