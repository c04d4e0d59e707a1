"""Sender and period of a delivery, from its contract, its path or its first row."""

from __future__ import annotations

import re
from pathlib import Path

from customs_monitor.contracts import Layout, Registry
from customs_monitor.contracts.model import Origin
from customs_monitor.contracts.periods import SEVERAL, last_day
from customs_monitor.intake import IntakeError, open_table

#: Sender or period of a delivery that does not tell; it is refused, but its bytes have a place.
UNKNOWN = "_U"
_SENDER = re.compile(r"[A-Z][A-Z0-9_]{1,19}")


def is_sender(text: str) -> bool:
    """Tell whether a text has the form of a sender's code."""
    return _SENDER.fullmatch(text) is not None


def is_period(text: str) -> bool:
    """Tell whether a text is a period, or `_Z` for several."""
    return text == SEVERAL or last_day(text) is not None


def identify(path: Path, name: str, layout: Layout, registry: Registry) -> tuple[str, str]:
    """Return sender and period of a file; `_U` for what cannot be told.

    Args:
        path: the file.
        name: `<folder>/<file>` within its inbox.
        layout: the layout it has.
        registry: the contracts.

    Only the first data row is looked at: whether the others agree with it is for validation to say.
    """
    first: dict[str, str | None] = {}
    if layout.sender.column or layout.period.column:
        first = _first_row(path, layout)
    sender = _resolve(layout.sender, name, layout, first, registry)
    period = _resolve(layout.period, name, layout, first, registry)
    return (
        sender if is_sender(sender) else UNKNOWN,
        period if is_period(period) else UNKNOWN,
    )


def _first_row(path: Path, layout: Layout) -> dict[str, str | None]:
    try:
        for batch in open_table(path, layout.format).batches():
            if batch.num_rows:
                row: dict[str, str | None] = batch.slice(0, 1).to_pylist()[0]
                return row
    except IntakeError:
        # The delivery is landed all the same; judging it will report why it cannot be read.
        return {}
    return {}


def _resolve(origin: Origin, name: str, layout: Layout, first: dict[str, str | None], registry: Registry) -> str:
    if origin.constant is not None:
        return origin.constant
    if origin.path is not None:
        match = re.search(origin.path, name)
        return (match.group(1) if match else None) or UNKNOWN
    assert origin.column is not None
    mapping = layout.mapping[origin.column]
    value = mapping.constant if mapping.source is None else _value(first, mapping.source)
    if not value:
        return UNKNOWN
    concept = registry.concepts[origin.column]
    value = value.strip().upper() if concept.upper else value.strip()
    for aliases in (mapping.aliases, concept.aliases):
        if aliases:
            value = registry.aliases(aliases).get(value.lower(), value)
    return value


def _value(row: dict[str, str | None], name: str) -> str | None:
    """Return a value by the name of its column, in any case: a misspelt header must not hide the sender."""
    return next((value for key, value in row.items() if key.casefold() == name.casefold()), None)
