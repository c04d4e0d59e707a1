"""The nil return: a file that says that there was nothing to report."""

from __future__ import annotations

import csv
import io

from customs_monitor.contracts import Contract, Layout, Registry
from customs_monitor.contracts.formats import CsvFormat


def nil_file(contract: Contract, registry: Registry, period: str, sender: str) -> bytes:
    """Return the nil return as CSV by the template; it goes the way of every other delivery.

    One row with the period and the sender, `_T` in every other code of the key and 0 in every count.

    Args:
        contract: of the feed.
        registry: concepts, which tell counts from scores.
        period: of the delivery.
        sender: who has nothing to report.

    Raises:
        ValueError: if the feed has no CSV layout that takes sender and period from columns.
    """
    layout = _csv_layout(contract)
    row: dict[str, str] = {}
    for item in contract.schema_.properties:
        concept = registry.concepts[item.name]
        if item.name == layout.period.column:
            row[item.name] = period
        elif item.name == layout.sender.column:
            row[item.name] = sender
        elif item.primaryKey:
            row[item.name] = "_T"
        elif concept.logicalType == "integer" and concept.minimum == 0:
            row[item.name] = "0"
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(mapping.source for mapping in layout.mapping.values())
    writer.writerow(row.get(name, "") for name in layout.mapping)
    return out.getvalue().encode("utf-8")


def _csv_layout(contract: Contract) -> Layout:
    for layout in contract.layouts:
        if (
            isinstance(layout.format, CsvFormat)
            and None not in (layout.sender.column, layout.period.column)
            and layout.unpivot is None
            and all(mapping.source for mapping in layout.mapping.values())
        ):
            return layout
    raise ValueError(f"{contract.id} has no nil return: no CSV layout of it has columns for sender and period")
