"""The tables of an indicator's page: the Union over time, each dimension, the Member States."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from customs_monitor.release.site.observations import EU, MISSING, TOTAL, Cell, Observation, Observations
from customs_monitor.release.site.wording import NO_ROW, lowered

#: Periods side by side; the downloads have all.
PERIODS_SHOWN = 8
_ROWS = 60
_NOTHING = Cell(NO_ROW)
_NOT_DELIVERED = Cell(":")


@dataclass(frozen=True)
class GridRow:
    """A row: what it is about, and its figures."""

    head: str
    cells: tuple[Cell, ...]
    total: bool = False


@dataclass(frozen=True)
class Grid:
    """A table of figures.

    Attributes:
        id: names it on its page.
        corner: what the heads of the rows are.
        heads: of the columns of figures; a flag as in the cells.
        left_out: rows that are only in the downloads.
    """

    id: str
    title: str
    corner: str
    heads: tuple[Cell, ...]
    rows: tuple[GridRow, ...]
    left_out: int = 0


def indicator_grids(seen: Observations, synthetic: Callable[[str], bool]) -> list[Grid]:
    """Return the tables of an indicator.

    Args:
        seen: its observations.
        synthetic: tells whether the figures of a period rest on made-up deliveries.
    """
    return list(_grids(seen, synthetic)) if seen.periods else []


def _grids(seen: Observations, synthetic: Callable[[str], bool]) -> Iterator[Grid]:
    shown = seen.periods[:PERIODS_SHOWN][::-1]
    heads = tuple(Cell(period, "s" if synthetic(period) else "") for period in shown)
    last = seen.periods[0]
    if any(place.area == EU for place in seen.found):
        yield Grid(
            "table-time",
            "European Union" + (" over time" if len(shown) > 1 else ""),
            "Measure",
            heads,
            tuple(
                GridRow(seen.named(measure), tuple(_cell(seen.at(period, measure=measure)) for period in shown))
                for measure in seen.measures
            ),
        )
    for dimension in seen.dimensions:
        codes = [TOTAL, *seen.codes(dimension, [last] if len(seen.measures) > 1 else shown)]
        if len(codes) > 1:
            yield _split(seen, dimension, codes, shown, heads)
    if seen.areas:
        yield _by_area(seen, shown, heads)


def _split(
    seen: Observations, dimension: str, codes: Sequence[str], shown: Sequence[str], heads: tuple[Cell, ...]
) -> Grid:
    """Return the Union's figures by the codes of a dimension: over time, or of several measures in the last period."""
    several = len(seen.measures) > 1
    columns = [(seen.periods[0], measure) for measure in seen.measures] if several else [
        (period, seen.measures[0]) for period in shown
    ]  # fmt: skip
    rows = [
        GridRow(
            seen.label(dimension, code),
            tuple(
                _cell(seen.at(period, EU, measure, "" if code == TOTAL else dimension, code))
                for period, measure in columns
            ),
            total=code == TOTAL,
        )
        for code in codes
    ]
    kept = [row for row in rows if any(cell != _NOTHING for cell in row.cells)]
    name = seen.column(dimension)
    return Grid(
        f"table-{dimension.lower().replace('_', '-')}",
        f"By {lowered(name)}" + (f", {seen.periods[0]}" if several else ""),
        name,
        tuple(Cell(seen.named(measure)) for measure in seen.measures) if several else heads,
        tuple(kept[:_ROWS]),
        max(0, len(kept) - _ROWS),
    )


def _by_area(seen: Observations, shown: Sequence[str], heads: tuple[Cell, ...]) -> Grid:
    several = len(seen.measures) > 1
    columns = [(seen.periods[0], measure) for measure in seen.measures] if several else [
        (period, seen.measures[0]) for period in shown
    ]  # fmt: skip
    areas = [EU, *seen.areas]
    rows = [
        GridRow(
            seen.label("REF_AREA", area), tuple(_of_area(seen, area, period, measure) for period, measure in columns),
            total=area == EU,
        )
        for area in areas
    ]  # fmt: skip
    return Grid(
        "table-areas",
        "By Member State" + (f", {seen.periods[0]}" if several else ""),
        "Area",
        tuple(Cell(seen.named(measure)) for measure in seen.measures) if several else heads,
        tuple(row for row in rows if any(cell != _NOTHING for cell in row.cells)),
    )


def _of_area(seen: Observations, area: str, period: str, measure: str) -> Cell:
    observed = seen.at(period, area, measure)
    if observed is None or observed.status == MISSING:
        return _NOT_DELIVERED if area in seen.missing(period) else _cell(observed)
    return observed.cell


def _cell(observed: Observation | None) -> Cell:
    return observed.cell if observed else _NOTHING
