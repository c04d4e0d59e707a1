"""Deliveries as files: CSV in the ways of several senders, workbooks, and SDMX-CSV 1.0 and 2.0."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from customs_monitor.contracts import Registry
from customs_monitor.synth.senders import Habit
from customs_monitor.synth.workbook import Cell, write_workbook
from customs_monitor.synth.world import Row

#: First columns of an SDMX-CSV file and what is in them; `{}` is the name of the feed.
_SDMX = {
    "sdmx-csv-1": {"DATAFLOW": "CUSTOMS:{}(1.0)"},
    "sdmx-csv-2": {"STRUCTURE": "dataflow", "STRUCTURE_ID": "CUSTOMS:{}(1.0)", "ACTION": "I"},
}


@dataclass(frozen=True)
class Columns:
    """The columns of a file: the name each property has in it, in their order."""

    names: dict[str, str]
    days: frozenset[str]

    @classmethod
    def of(cls, registry: Registry, feed: str, habit: Habit, chance: Random) -> Columns:
        """Return the columns of a feed in the order of its template, or in an order of the sender's own."""
        mapping = registry.feeds[feed].layouts[0].mapping
        names = {name: found.source for name, found in mapping.items() if found.source is not None}
        order = list(names)
        if habit.shuffled:
            chance.shuffle(order)
        return cls(
            {name: names[name] for name in order},
            frozenset(name for name in order if registry.concepts[name].logicalType == "date"),
        )


def write_file(path: Path, feed: str, columns: Columns, rows: Iterable[Row], habit: Habit) -> None:
    """Write a delivery.

    Args:
        path: the file; its suffix is the habit's.
        feed: whose it is.
        columns: in their order.
        rows: by property; a column that no row has is empty.
        habit: the way of the sender.
    """
    extra = _SDMX.get(habit.format, {})
    header = [*extra, *columns.names.values()]
    before = [text.format(feed.upper()) for text in extra.values()]
    if habit.format == "xlsx":
        write_workbook(path, header, (_cells(row, columns, habit) for row in rows))
        return
    with path.open("w", encoding=habit.encoding, newline="") as file:
        writer = csv.writer(
            file,
            delimiter=habit.delimiter,
            lineterminator=habit.line_end,
            quoting=csv.QUOTE_ALL if habit.quote_all else csv.QUOTE_MINIMAL,
        )
        writer.writerow(header)
        writer.writerows([*before, *texts] for texts in _texts(rows, columns, habit))


def _texts(rows: Iterable[Row], columns: Columns, habit: Habit) -> Iterator[Sequence[str]]:
    for row in rows:
        written = _written(row, habit)
        yield [written_text(written.get(name)) for name in columns.names]


def _cells(row: Row, columns: Columns, habit: Habit) -> list[Cell]:
    written = _written(row, habit)
    return [_cell(written.get(name), name in columns.days) for name in columns.names]


def _cell(value: str | int | bool | None, is_day: bool) -> Cell:
    if isinstance(value, bool):
        return written_text(value)
    if is_day and isinstance(value, str):
        # What is no day stays the text it is: a defect that was planted.
        with suppress(ValueError):
            return date.fromisoformat(value)
    return value


def written_text(value: object) -> str:
    """Return a value as it stands in a file."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _written(row: Row, habit: Habit) -> Row:
    """Return a row with the codes in the letters of the sender."""
    if habit.lower_movement and isinstance(movement := row.get("movement"), str) and movement != "_T":
        row = row | {"movement": movement.lower()}
    if habit.greek and row.get("member_state") == "EL":
        row = row | {"member_state": "GR"}
    return row
