"""The observations of an indicator as its pages need them: by period and area, and by one dimension at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import duckdb

from customs_monitor.release.contents import IndicatorEntry
from customs_monitor.release.datasets import Dataset
from customs_monitor.release.site.wording import POINTS, Labels, observation

EU = "EU27_2020"
TOTAL = "_T"
MISSING, PROVISIONAL, SUPPRESSED = "L", "P", "Q"
_SCORE_HEADLINE = ("MEAN", "SHARE_3_4", "RESPONDENTS", "NO_REPLY")


@dataclass(frozen=True)
class Cell:
    """A cell of a table; `flag` is a letter that the legend explains."""

    text: str
    flag: str = ""


class Place(NamedTuple):
    """Where an observation is: all dimensions at their total but at most one, `dimension`, which is at `code`."""

    period: str
    area: str
    dimension: str
    code: str
    measure: str


@dataclass(frozen=True)
class Observation:
    """A published figure; its unit is UNIT_MEASURE, or POINTS for a difference of fractions."""

    value: float | None
    unit: str
    status: str

    @property
    def cell(self) -> Cell:
        """The figure as a table shows it."""
        return Cell(*observation(self.value, self.unit, self.status))


@dataclass(frozen=True)
class Coverage:
    """Who delivered for a period; `missing` are the areas that are named as missing."""

    period: str
    senders: int
    expected: int
    low: bool
    missing: tuple[str, ...] = ()


class Observations:
    """The published observations of one indicator, without those that split by two dimensions at once.

    Attributes:
        found: by their place; for areas other than the Union the totals only.
    """

    def __init__(
        self,
        entry: IndicatorEntry,
        dataset: Dataset,
        parquet: Path,
        labels: Labels,
        database: duckdb.DuckDBPyConnection,
    ) -> None:
        assert entry.spec is not None
        self.entry, self.spec, self.labels = entry, entry.spec, labels
        self.codelists = {column.name: column.codelist for column in dataset.columns} | {"REF_AREA": "area"}
        self._column_labels = {column.name: column.label for column in dataset.columns}
        self.found: dict[Place, Observation] = {}
        self._senders: dict[str, tuple[int, int]] = {}
        self._missing: dict[str, set[str]] = {}
        dimensions = self.spec.dimensions
        rows = database.execute(_query(dimensions), {"path": str(parquet)}).fetchall()
        for period, area, measure, value, unit, status, senders, expected, *codes in rows:
            split = [(name, code) for name, code in zip(dimensions, codes, strict=True) if code != TOTAL]
            dimension, code = split[0] if split else ("", TOTAL)
            shown = POINTS if unit == "FRACTION" and "DIFFERENCE" in measure else unit
            self.found[Place(period, area, dimension, code, measure)] = Observation(value, shown, status)
            if area == EU or period not in self._senders:
                self._senders[period] = (senders, expected)
            if status == MISSING:
                self._missing.setdefault(period, set()).add(area)

    @cached_property
    def periods(self) -> list[str]:
        """The periods there are, the last one first."""
        return sorted({place.period for place in self.found}, reverse=True)

    @cached_property
    def areas(self) -> list[str]:
        """The areas other than the Union that any observation is of, in the order of their names."""
        return sorted({place.area for place in self.found} - {EU}, key=lambda area: self.label("REF_AREA", area))

    @cached_property
    def dimensions(self) -> list[str]:
        """The dimensions that the figures for the Union are split by."""
        return [name for name in self.spec.dimensions if any(place.dimension == name for place in self.found)]

    @cached_property
    def units(self) -> Mapping[str, str]:
        """The unit of each measure."""
        return {place.measure: item.unit for place, item in self.found.items()}

    @cached_property
    def measures(self) -> list[str]:
        """The measures of which there are figures, in the order of the specification."""
        return [measure for measure in self.spec.measures if measure in self.units]

    @cached_property
    def key_measure(self) -> str:
        """The measure to look at first: a mean or share where there is one, else a difference, else the first."""
        order = ("MEAN", "SHARE", "RATE_DIFFERENCE")
        ranked = sorted(
            self.measures,
            key=lambda measure: next((rank for rank, word in enumerate(order) if measure.startswith(word)), len(order)),
        )
        return ranked[0] if ranked else self.spec.measures[0]

    def label(self, column: str, code: object) -> str:
        """Return the label of a code of a column."""
        return self.labels.of("measure" if column == "MEASURE" else self.codelists.get(column), code)

    def named(self, measure: str) -> str:
        """Return what a measure counts: `Number` says nothing without the unit."""
        label = self.label("MEASURE", measure)
        if self.units.get(measure) == POINTS:
            return f"{label} (percentage points)"
        return f"{label} of {self.spec.unit}" if measure == "NUMBER" else label

    def column(self, name: str) -> str:
        """Return the label of a column."""
        return self._column_labels.get(name, name)

    def at(
        self, period: str, area: str = EU, measure: str | None = None, dimension: str = "", code: str = TOTAL
    ) -> Observation | None:
        """Return an observation, of the key measure if none is named; None if there is none."""
        return self.found.get(Place(period, area, dimension, code, measure or self.key_measure))

    def value(
        self, period: str, area: str = EU, measure: str | None = None, dimension: str = "", code: str = TOTAL
    ) -> float | None:
        """Return a figure, None if there is none or it is not public."""
        observed = self.at(period, area, measure, dimension, code)
        return observed.value if observed else None

    def codes(self, dimension: str, periods: Iterable[str]) -> list[str]:
        """Return the codes of a dimension that the Union's figures for these periods are split by, in reading order."""
        wanted = set(periods)
        codes = {place.code for place in self.found if place.dimension == dimension and place.period in wanted}
        return sorted(codes, key=lambda code: self.labels.rank(self.codelists.get(dimension), code))

    def series(self, measure: str, area: str = EU, dimension: str = "", code: str = TOTAL) -> dict[str, float]:
        """Return the figures of a measure by period, the first period first."""
        found = ((period, self.value(period, area, measure, dimension, code)) for period in reversed(self.periods))
        return {period: value for period, value in found if value is not None}

    def missing(self, period: str) -> tuple[str, ...]:
        """Return the areas that are named as missing in a period."""
        return tuple(sorted(self._missing.get(period, ()), key=lambda area: self.label("REF_AREA", area)))

    @property
    def headline(self) -> list[tuple[str, Cell]]:
        """The figures for the Union in the last period, all dimensions at their total; empty where there are none."""
        if not self.periods:
            return []
        # The distribution of the scores is in the chart.
        measures = _SCORE_HEADLINE if self.spec.stock_flow == "score" else self.spec.measures
        return [
            (self.named(measure), item.cell)
            for measure in measures
            if (item := self.at(self.periods[0], measure=measure)) is not None
        ]

    @property
    def key_figure(self) -> tuple[str, Cell] | None:
        """The figure of the Union in the last period to look at first, with the label of its measure."""
        item = self.at(self.periods[0]) if self.periods else None
        return (self.named(self.key_measure), item.cell) if item else None

    @property
    def is_provisional(self) -> bool:
        """Tell whether the last figure for the Union is not final."""
        return self.period_is_provisional(self.periods[0]) if self.periods else False

    def period_is_provisional(self, period: str) -> bool:
        """Tell whether the figure for the Union of a period is not final."""
        item = self.at(period) or self.at(period, measure=self.measures[0])
        return item is not None and item.status == PROVISIONAL

    @cached_property
    def coverage(self) -> list[Coverage]:
        """Who delivered, by period, the last one first."""
        return [
            Coverage(period, senders, expected, senders < self.spec.coverage_threshold * expected, self.missing(period))
            for period, (senders, expected) in sorted(self._senders.items(), reverse=True)
        ]


def _query(dimensions: Iterable[str]) -> str:
    """Return the query for the observations on the margins: a cube of four dimensions has a hundred times as many."""
    names = [f'"{name}"' for name in dimensions]
    split = " + ".join(f"CAST({name} <> '{TOTAL}' AS INTEGER)" for name in names) or "0"
    columns = "".join(f", {name}" for name in names)
    return f"""
        SELECT TIME_PERIOD, REF_AREA, MEASURE, OBS_VALUE, UNIT_MEASURE, OBS_STATUS, N_SENDERS, N_EXPECTED{columns}
        FROM read_parquet($path)
        WHERE {split} <= CASE REF_AREA WHEN '{EU}' THEN 1 ELSE 0 END
        ORDER BY ALL"""
