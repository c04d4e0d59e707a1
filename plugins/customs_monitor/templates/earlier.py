"""The keys of a sender's last delivery, for the rows of the next: she counts anew, and types no code again."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from customs_monitor.collection.in_force import InForce, current_of
from customs_monitor.collection.life import periods_of
from customs_monitor.contracts import Registry
from customs_monitor.contracts.periods import last_day
from customs_monitor.templates.columns import columns_of
from customs_monitor.templates.order import Order
from customs_storage import ObjectStore
from customs_storage.layout import Layout

_TOTAL = "_T"


@dataclass(frozen=True)
class Earlier:
    """The keys of an earlier delivery, as rows for a later period.

    Attributes:
        period: of the earlier delivery.
        rows: values by property, in the order of the earlier file: the new period, the sender, the codes of the key.
        left_out: rows with a code that is not valid any more.
    """

    period: str
    rows: tuple[Mapping[str, str], ...]
    left_out: int


def earlier_keys(store: ObjectStore, layout: Layout, asked: Order, registry: Registry) -> Earlier | None:
    """Return the keys of the sender's last delivery in force before the period that a template is for.

    A nil return has no keys; the delivery before it is taken then.

    Args:
        store: where the deliveries are.
        layout: the keys of the store.
        asked: the template, with sender and period.
        registry: the contracts.

    Returns:
        None if there is no such delivery.

    Raises:
        ValueError: if the template is for no sender or no period.
    """
    if asked.sender is None or asked.period is None:
        raise ValueError("the keys of an earlier delivery need a sender and a period")
    contract = asked.contract
    earlier = [
        period
        for period in periods_of(store, layout, contract.id, asked.sender)
        if (day := last_day(period)) is not None and day < asked.day
    ]
    for period in earlier:
        found = current_of(store, layout, contract, period, asked.sender)
        rows = _keys(store, found, asked) if found is not None else []
        if rows:
            valid = _valid_codes(asked, registry)
            kept = [row for row in rows if all(row[name] in codes for name, codes in valid.items() if name in row)]
            return Earlier(period, tuple(kept), len(rows) - len(kept))
    return None


def _keys(store: ObjectStore, found: InForce, asked: Order) -> list[dict[str, str]]:
    key = asked.contract.schema_.key
    given = {asked.layout.period.column: asked.period, asked.layout.sender.column: asked.sender}
    codes = [name for name in key if name not in given]
    with tempfile.TemporaryDirectory(prefix="template-") as folder:
        path = store.local_path(found.key) or store.download(found.key, Path(folder) / "rows.parquet")
        had = [name for name in codes if name in pq.read_schema(path).names]
        table = pq.read_table(path, columns=had)
    rows: dict[tuple[str, ...], None] = {}
    for row in table.to_pylist():
        values = tuple(str(row.get(name) or "") for name in codes)
        if _TOTAL not in values:
            rows[values] = None
    first = {name: value for name, value in given.items() if name is not None and value is not None}
    return [first | dict(zip(codes, values, strict=True)) for values in rows]


def _valid_codes(asked: Order, registry: Registry) -> dict[str, set[str]]:
    """Return the codes that the template offers, of the columns in which nothing else is taken."""
    return {
        column.item.name: {code.code for code in column.choices}
        for column in columns_of(asked, registry)
        if column.closed and column.choices
    }
