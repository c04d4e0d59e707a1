"""The Member States: a page for each, and tables that compare them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from customs_monitor.contracts import Registry
from customs_monitor.release.contents import IndicatorEntry
from customs_monitor.release.site.attention import FeedCoverage
from customs_monitor.release.site.framework import TABLES, Table
from customs_monitor.release.site.observations import EU, MISSING, Cell, Observations
from customs_monitor.release.site.wording import NO_ROW

_MEMBERS = "eu_member_state"
_NOTHING = Cell(NO_ROW)


@dataclass(frozen=True)
class Standing:
    """Where a Member State stands in one indicator, by its key measure in the last period.

    Attributes:
        before: its figure of the period before.
        rank: its place among those that have a figure, 1 for the largest; None without a figure.
    """

    entry: IndicatorEntry
    measure: str
    period: str
    own: Cell
    before: Cell
    union: Cell
    rank: int | None
    ranked: int


@dataclass(frozen=True)
class Country:
    """A Member State with all that is said of it."""

    code: str
    name: str
    standings: tuple[tuple[Table, tuple[Standing, ...]], ...]
    deliveries: tuple[tuple[FeedCoverage, bool], ...]


@dataclass(frozen=True)
class Comparison:
    """A table of Member States by indicators, all by their key measures in their last periods."""

    table: Table
    columns: tuple[tuple[IndicatorEntry, str, str], ...]
    rows: tuple[tuple[str, str, tuple[Cell, ...]], ...]


def members(registry: Registry, on: date) -> list[tuple[str, str]]:
    """Return code and name of the Member States on a day, by name."""
    codelist = registry.codelists[_MEMBERS]
    found = [(code, codelist.label(code, on) or code) for code in codelist.valid_codes(on)]
    return sorted(found, key=lambda item: item[1])


def countries(
    listed: Sequence[tuple[str, str]], seen: Iterable[Observations], coverages: Sequence[FeedCoverage]
) -> list[Country]:
    """Return the Member States with their standings.

    Args:
        listed: code and name of each.
        seen: the observations of the published indicators.
        coverages: who delivered.
    """
    observed = [item for item in seen if set(item.areas) & {code for code, _ in listed}]
    last: dict[str, FeedCoverage] = {}
    for item in coverages:
        last.setdefault(item.feed, item)
    return [
        Country(
            code,
            name,
            tuple(
                (table, found)
                for table in TABLES
                if (found := tuple(_standings(code, [item for item in observed if item.entry.table == table.number])))
            ),
            tuple(
                (item, code in item.delivered)
                for item in last.values()
                if code in item.delivered or code in item.missing
            ),
        )
        for code, name in listed
    ]


def comparisons(listed: Sequence[tuple[str, str]], seen: Iterable[Observations]) -> list[Comparison]:
    """Return the tables that compare Member States, one per table of the framework that has figures for them."""
    found = []
    observed = [item for item in seen if set(item.areas) & {code for code, _ in listed}]
    for table in TABLES:
        shown = [item for item in observed if item.entry.table == table.number]
        if shown:
            found.append(
                Comparison(
                    table,
                    tuple((item.entry, item.named(item.key_measure), item.periods[0]) for item in shown),
                    tuple(
                        (code, name, tuple(_cell(item, code, item.periods[0]) for item in shown))
                        for code, name in [(EU, "European Union"), *listed]
                    ),
                )
            )
    return found


def _standings(code: str, seen: Iterable[Observations]) -> Iterator[Standing]:
    for item in seen:
        period = item.periods[0]
        own = item.value(period, code)
        values = [value for area in item.areas if (value := item.value(period, area)) is not None]
        yield Standing(
            item.entry,
            item.named(item.key_measure),
            period,
            _cell(item, code, period),
            _cell(item, code, item.periods[1]) if len(item.periods) > 1 else _NOTHING,
            _cell(item, EU, period),
            None if own is None else 1 + sum(value > own for value in values),
            len(values),
        )


def _cell(item: Observations, area: str, period: str) -> Cell:
    observed = item.at(period, area)
    if observed is None or observed.status == MISSING:
        return Cell(":") if area in item.missing(period) else _NOTHING
    return observed.cell
