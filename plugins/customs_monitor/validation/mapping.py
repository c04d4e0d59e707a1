"""From the columns of a file to the properties of a contract, still as text."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass

from customs_monitor.contracts import Contract, Layout, Mapping, Registry
from customs_monitor.validation.codes import Codes
from customs_monitor.validation.columns import LINE, computed, received, shown_column
from customs_monitor.validation.header import Header
from customs_monitor.validation.quoting import identifier, literal


@dataclass(frozen=True)
class Mapped:
    """The rows of a delivery with a text per property.

    Attributes:
        sql: SELECT that gives, for each property, the text as received, and the mapped text under the property's name.
        columns: how the sender calls the column of each property, as SQL text.
        filled: the properties the layout fills from this file.
        as_received: the properties whose text is a column of the records as it is, row by row: the name of that column.
    """

    sql: str
    columns: MappingOf[str, str]
    filled: frozenset[str]
    as_received: MappingOf[str, str]


def map_columns(
    records: str, contract: Contract, layout: Layout, header: Header, registry: Registry, codes: Codes
) -> Mapped:
    """Compile a layout.

    Args:
        records: SQL name of the records: the line, then the columns of the file as text.
        contract: has the properties.
        layout: for this one file (`Layout.for_file`).
        header: the columns of the file.
        registry: has concepts.
        codes: the lists in the session.
    """
    records = _unpivot(_records(records, layout, header), layout, header)
    names = [item.name for item in contract.schema_.properties]
    filled = frozenset(name for name in names if name in layout.mapping and name not in header.unfillable)
    columns = {name: literal(_static_column(name, layout, header)) for name in names}
    selected = [LINE]
    for name in names:
        mapping = layout.mapping.get(name) if name in filled else None
        selected.append(f"{_received(mapping, header)} AS {received(name)}")
        if mapping is not None and _is_computed(mapping):
            selected.append(f"{_expression(mapping)} AS {computed(name)}")
        if mapping is not None and _is_unpivoted(layout, mapping):
            assert layout.unpivot is not None
            selected.append(f"{identifier(layout.unpivot.nameTo)} AS {shown_column(name)}")
            columns[name] = shown_column(name)
    as_received = f"SELECT {', '.join(selected)} FROM ({records})"

    texts: list[str] = []
    for name in names:
        text = _text(name, layout.mapping[name]) if name in filled else "NULL::VARCHAR"
        if name in filled:
            concept = registry.concepts[name]
            if concept.upper:
                text = f"upper({text})"
            for list_name in (layout.mapping[name].aliases, concept.aliases):
                if list_name is not None:
                    text = f"coalesce({codes.alias_code(list_name, text)}, {text})"
        texts.append(f"{text} AS {identifier(name)}")
    sql = f'SELECT "rows".*, {", ".join(texts)} FROM ({as_received}) AS "rows"'
    return Mapped(sql, columns, filled, _as_received(filled, layout, header, registry))


def _as_received(filled: frozenset[str], layout: Layout, header: Header, registry: Registry) -> dict[str, str]:
    if layout.unpivot is not None or layout.where is not None:
        return {}
    found: dict[str, str] = {}
    for name in filled:
        mapping, concept = layout.mapping[name], registry.concepts[name]
        is_changed = mapping.sql or mapping.nullValues or mapping.aliases or concept.aliases or concept.upper
        column = header.name_of(mapping.source) if mapping.source is not None and not is_changed else None
        if column is not None:
            found[name] = column
    return found


def _records(records: str, layout: Layout, header: Header) -> str:
    absent = "".join(f", NULL::VARCHAR AS {identifier(name)}" for name in header.absent)
    sql = f"SELECT *{absent} FROM {records}"
    if layout.where is None or not header.is_complete:
        return sql
    return f"SELECT * FROM ({sql}) WHERE coalesce(TRY({layout.where}), false)"


def _unpivot(records: str, layout: Layout, header: Header) -> str:
    if layout.unpivot is None:
        return records
    name_to, value_to = identifier(layout.unpivot.nameTo), identifier(layout.unpivot.valueTo)
    if not header.unpivoted:
        return f"SELECT *, NULL::VARCHAR AS {name_to}, NULL::VARCHAR AS {value_to} FROM ({records}) WHERE false"
    gone = {name.casefold() for name in (*header.unpivoted, layout.unpivot.nameTo, layout.unpivot.valueTo)}
    kept = [identifier(name) for name in (*header.columns, *header.absent) if name.casefold() not in gone]
    names = ", ".join(literal(name) for name in header.unpivoted)
    values = ", ".join(identifier(name) for name in header.unpivoted)
    return (
        f"SELECT * FROM (SELECT {', '.join([LINE, *kept])}, unnest([{names}]) AS {name_to}, "
        f"unnest([{values}]) AS {value_to} FROM ({records})) WHERE {value_to} IS NOT NULL"
    )


def _made_by_unpivot(layout: Layout, source: str) -> bool:
    unpivot = layout.unpivot
    return unpivot is not None and source.casefold() in (unpivot.nameTo.casefold(), unpivot.valueTo.casefold())


def _is_unpivoted(layout: Layout, mapping: Mapping) -> bool:
    return mapping.source is not None and _made_by_unpivot(layout, mapping.source)


def is_column_name(layout: Layout, name: str) -> bool:
    """Tell whether the value of a property is the name of a column that became rows."""
    mapping, unpivot = layout.mapping.get(name), layout.unpivot
    if mapping is None or mapping.source is None or unpivot is None:
        return False
    return mapping.source.casefold() == unpivot.nameTo.casefold()


def _static_column(name: str, layout: Layout, header: Header) -> str:
    mapping = layout.mapping.get(name)
    if mapping is None or mapping.source is None:
        return name
    return header.name_of(mapping.source) or mapping.source


def _is_computed(mapping: Mapping) -> bool:
    """Tell whether the value is made from what a sender is shown."""
    return mapping.source is not None and mapping.sql is not None


def _received(mapping: Mapping | None, header: Header) -> str:
    if mapping is None:
        return "NULL::VARCHAR"
    if mapping.source is not None:
        return identifier(header.name_of(mapping.source) or mapping.source)
    if mapping.sql is not None:
        return _expression(mapping)
    if mapping.allColumnsBut:
        return _all_columns_but(mapping.allColumnsBut, header)
    return f"nullif({literal(mapping.constant)}, '')"


def _expression(mapping: Mapping) -> str:
    """Return the SQL of the layout; where it fails on what a sender wrote the value is empty, and the pass goes on."""
    return f"nullif(trim(TRY(CAST(({mapping.sql}) AS VARCHAR))), '')"


def _all_columns_but(left_out: tuple[str, ...], header: Header) -> str:
    out = {name.casefold() for name in left_out}
    parts = [f"{literal(f'{name}=')} || {identifier(name)}" for name in header.columns if name.casefold() not in out]
    return f"nullif(concat_ws('.', {', '.join(parts)}), '')" if parts else "NULL::VARCHAR"


def _text(name: str, mapping: Mapping) -> str:
    """Return the text of a property before aliases, empty where the layout says that it means a missing value."""
    text = computed(name) if _is_computed(mapping) else received(name)
    if not mapping.nullValues:
        return text
    return f"CASE WHEN {text} IN ({', '.join(literal(item) for item in mapping.nullValues)}) THEN NULL ELSE {text} END"
