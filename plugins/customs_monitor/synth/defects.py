"""Defects, planted where it is known which rule has to find them.

A bad delivery has either one defect that concerns it as a whole or a group of its rows, or several of single rows, each
in a row of its own. Warnings are planted in deliveries that are accepted all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from customs_monitor.synth.breaks import OF_GROUPS, WARNINGS, Change, breaks_of
from customs_monitor.synth.files import Columns, write_file, written_text
from customs_monitor.synth.nil import nil_return
from customs_monitor.synth.plan import Delivery
from customs_monitor.synth.senders import Habit
from customs_monitor.synth.world import Row, World

#: Most defects of single rows in one delivery.
_MOST = 8
#: One bad delivery in this many is bad as a whole, and those with fewer rows than this always are.
_WHOLE, _FEW_ROWS = 4, 12
#: Of the accepted deliveries every so many has an odd figure; in as many others a row comes twice.
_WARNED = 6
#: Characters of a value that reports quote.
_SHOWN = 200


@dataclass(frozen=True)
class Defect:
    """A planted defect.

    Attributes:
        file: below the output folder, `inbox/<feed>/<file>`.
        line: in the file as delivered, the header's is 1; None where the file as a whole is at fault.
        column: its name in the file; empty where the rule is about none.
        rule: the rule that has to report it, as `customs-monitor check --format json` names it.
        value: what is wrong, as it stands in the file, up to 200 characters.
    """

    file: str
    line: int | None
    column: str
    rule: str
    value: str


@dataclass(frozen=True)
class Draft:
    """A delivery before it is written.

    Attributes:
        name: the file, below the output folder.
        path: where it is to be written.
    """

    delivery: Delivery
    name: str
    path: Path
    columns: Columns
    habit: Habit

    def write(self, rows: Iterable[Row]) -> None:
        """Write the file."""
        write_file(self.path, self.delivery.feed, self.columns, rows, self.habit)

    def defect(self, rule: str, place: int | None = None, column: str | None = None, value: object = None) -> Defect:
        """Return a defect of the file, or in the row at a place; `column` is a property."""
        return Defect(
            self.name,
            None if place is None else place + 2,
            "" if column is None else self.columns.names[column],
            rule,
            written_text(value)[:_SHOWN],
        )


class Planter:
    """Plants defects and keeps count, so that each kind gets its turn."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._turns: Counter[str] = Counter()
        self._bad = 0

    def spoil(self, draft: Draft, rows: list[Row]) -> list[Defect]:
        """Write a bad delivery of rows that are right, at least one, and return what is wrong in it."""
        self._bad += 1
        if self._bad % _WHOLE == 0 or len(rows) < _FEW_ROWS:
            ways = dict(_as_a_whole(self._world, draft, rows))
            rule = min(ways, key=lambda way: (self._turns[way], way))
            self._turns[rule] += 1
            return [ways[rule]()]
        found = list(self._in_rows(draft, rows))
        draft.write(rows)
        return sorted(found, key=lambda item: item.line or 0)

    def _in_rows(self, draft: Draft, rows: list[Row]) -> Iterator[Defect]:
        """Break rows, the rules first that were broken least so far; the first row tells whose the delivery is."""
        chance = self._world.random("planted", draft.delivery.number)
        places = chance.sample(range(1, len(rows)), min(len(rows) - 1, _MOST * 3))
        left = _MOST
        breaks = breaks_of(self._world.registry, draft.delivery)
        for rule, column, change in sorted(breaks, key=lambda item: (self._turns[item.rule], item.rule)):
            place = next((place for place in places if change(rows[place]) is not None), None)
            if place is None or not left:
                continue
            places.remove(place)
            left -= 1
            rows[place] = _changed(rows[place], change)
            self._turns[rule] += 1
            yield draft.defect(rule, place, column, rows[place].get(column))

    def warned(self, draft: Draft, rows: Iterator[Row], found: list[Defect]) -> Iterator[Row]:
        """Yield the rows, in some deliveries with an odd figure; what is planted is added to `found`."""
        planted = WARNINGS.get(draft.delivery.feed) if draft.delivery.number % _WARNED == 0 else None
        for place, row in enumerate(rows):
            if planted is not None and place == 2:
                odd = _changed(row, planted.change)
                found.append(draft.defect(planted.rule, place, planted.column, odd[planted.column]))
                yield odd
            else:
                yield row

    def repeated(self, draft: Draft, rows: Iterator[Row], found: list[Defect]) -> Iterator[Row]:
        """Yield the rows, in some deliveries the first one once more at the end: it counts once."""
        first, place = None, 0
        for row in rows:
            first, place = first or row, place + 1
            yield row
        if first is not None and draft.delivery.number % _WARNED == 1:
            found.append(replace(draft.defect("key.duplicate_row", place), value="2"))
            yield first


def _as_a_whole(world: World, draft: Draft, rows: list[Row]) -> Iterator[tuple[str, Callable[[], Defect]]]:
    """Yield the ways in which a delivery can be bad as a whole, each with what writes it."""
    delivery, contract = draft.delivery, world.registry.feeds[draft.delivery.feed]

    def way(defect: Defect, shown: Sequence[Row] = rows, under: Draft = draft) -> tuple[str, Callable[[], Defect]]:
        def write() -> Defect:
            under.write(shown)
            return defect

        return defect.rule, write

    yield way(draft.defect("file.header_only", -1), shown=())
    missing = [item.name for item in contract.schema_.properties if item.required][-1]
    fewer = Columns({name: text for name, text in draft.columns.names.items() if name != missing}, draft.columns.days)
    yield way(draft.defect("header.column_missing", None, missing), under=replace(draft, columns=fewer))

    period, *_ = contract.schema_.key
    future = "-".join(str(int(part) + 60) if part.isdigit() else part for part in delivery.period.split("-"))
    early = [row | {period: future} for row in rows]
    yield way(draft.defect(f"{period}.period_future", 0, period, future), shown=early)

    if (contradiction := _contradicting(rows, set(contract.schema_.key))) is not None:
        yield way(draft.defect("key.duplicate_key", len(rows)), shown=[*rows, contradiction])
    if contract.senders.codelist is not None:
        nil = nil_return(delivery.feed, delivery.period, delivery.sender)
        column = next(name for name, value in nil.items() if value == "_T" and name in _NIL_IS_REPORTED_AT)
        yield way(
            draft.defect("nil_return_stands_alone", 0, column, rows[0][column]),
            shown=[*rows, nil],
        )
    if delivery.feed in OF_GROUPS:
        group, (rule, column, change) = OF_GROUPS[delivery.feed]
        if (pair := _first_pair(rows, group)) is not None:
            first, second = pair
            changed = [_changed(row, change) if place == second else row for place, row in enumerate(rows)]
            yield way(draft.defect(rule, first, column, rows[first][column]), shown=changed)
    if draft.habit.format == "xlsx":

        def cut_off() -> Defect:
            draft.write(rows)
            draft.path.write_bytes(draft.path.read_bytes()[:-200])
            return draft.defect("file.zip_truncated")

        yield "file.zip_truncated", cut_off


#: Properties at which the contracts report that a nil return is not alone.
_NIL_IS_REPORTED_AT = ("crc_code", "crc_codes", "control_type", "question_id")


def _changed(row: Row, change: Change) -> Row:
    return row | (change(row) or {})


def _contradicting(rows: list[Row], key: set[str]) -> Row | None:
    """Return a row with the key of the last one that says something else."""
    row = rows[-1]
    for column, value in row.items():
        if column in key:
            continue
        if isinstance(value, int) and not isinstance(value, bool):
            return row | {column: value + 1 if column != "answer_score" else 1 + value % 4}
        if isinstance(value, str) and column.endswith(("_title", "_name")):
            return row | {column: f"{value} again"}
        if isinstance(value, str) and column == "active_from":
            return row | {column: "2009-03-02"}
    return None


def _first_pair(rows: list[Row], group: tuple[str, ...]) -> tuple[int, int] | None:
    """Return the places of the first two rows of the first group that has two."""
    seen: dict[tuple[object, ...], int] = {}
    for place, row in enumerate(rows):
        key = tuple(row[column] for column in group)
        if key in seen:
            return seen[key], place
        seen[key] = place
    return None
