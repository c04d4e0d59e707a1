"""The observations of an indicator as a table for people: a row per cell, a column per measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from customs_monitor.release.contents import IndicatorEntry
from customs_monitor.release.datasets import Dataset, read_rows
from customs_monitor.release.site.wording import NO_ROW, Labels, observation

EU = "EU27_2020"
#: Rows of the table on a page; the downloads have all.
ROWS_SHOWN = 200

_SCORE_HEADLINE = ("MEAN", "SHARE_3_4", "RESPONDENTS", "NO_REPLY")

Row = Mapping[str, object]


@dataclass(frozen=True)
class Cell:
    """A cell of the table; `flag` is a letter that the legend explains."""

    text: str
    flag: str = ""


@dataclass(frozen=True)
class TableRow:
    """A row: what it is about, then its figures and the senders behind them."""

    heads: tuple[str, ...]
    cells: tuple[Cell, ...]
    senders: str


@dataclass(frozen=True)
class Figures:
    """A table of figures.

    Attributes:
        heads: the columns that say what a row is about.
        measures: the columns of figures.
        total: rows there are, of which `rows` are the first.
    """

    heads: tuple[str, ...]
    measures: tuple[str, ...]
    rows: tuple[TableRow, ...]
    total: int


@dataclass(frozen=True)
class Coverage:
    """Who delivered for a period."""

    period: str
    senders: int
    expected: int
    low: bool


class Observations:
    """The published observations of one indicator."""

    def __init__(self, entry: IndicatorEntry, dataset: Dataset, parquet: Path, labels: Labels) -> None:
        assert entry.spec is not None
        self.entry, self.spec, self.labels = entry, entry.spec, labels
        self.rows: Sequence[Row] = read_rows(parquet)
        self.codelists = {column.name: column.codelist for column in dataset.columns} | {"REF_AREA": "area"}
        self._column_labels = {column.name: column.label for column in dataset.columns}

    @property
    def periods(self) -> list[str]:
        """The periods there are, the last one first."""
        return sorted({str(row["TIME_PERIOD"]) for row in self.rows}, reverse=True)

    def label(self, column: str, code: object) -> str:
        """Return the label of a code of a column."""
        return self.labels.of("measure" if column == "MEASURE" else self.codelists.get(column), code)

    def select(self, **codes: str) -> list[Row]:
        """Return the rows with these codes; dimensions that are not named are at their total."""
        wanted = dict.fromkeys(self.spec.dimensions, "_T") | codes
        return [row for row in self.rows if all(row[name] == code for name, code in wanted.items())]

    def values(self, column: str, **codes: str) -> dict[str, dict[str, float]]:
        """Return the values by code of a column and by measure, in the order of reading."""
        wanted = {name: "_T" for name in self.spec.dimensions if name != column} | codes
        found: dict[str, dict[str, float]] = {}
        for row in self.rows:
            value = row["OBS_VALUE"]
            if value is not None and all(row[name] == code for name, code in wanted.items() if name != column):
                found.setdefault(str(row[column]), {})[str(row["MEASURE"])] = float(str(value))
        return dict(sorted(found.items(), key=lambda item: self.labels.rank(self.codelists.get(column), item[0])))

    @property
    def headline(self) -> list[tuple[str, Cell]]:
        """The figures for the Union in the last period, all dimensions at their total; empty where there are none."""
        if not self.rows:
            return []
        found = {str(row["MEASURE"]): row for row in self.select(REF_AREA=EU, TIME_PERIOD=self.periods[0])}
        # The distribution of the scores is in the chart.
        measures = _SCORE_HEADLINE if self.spec.stock_flow == "score" else self.spec.measures
        return [(self.label("MEASURE", measure), _cell(found[measure])) for measure in measures if measure in found]

    @property
    def key_figure(self) -> tuple[str, Cell] | None:
        """The one figure of the headline to look at first: a mean or share where there is one."""
        found = self.headline
        places = [place for place, (label, _) in enumerate(found) if label.startswith(("Mean", "Share"))]
        return found[places[0] if places else 0] if found else None

    @property
    def coverage(self) -> list[Coverage]:
        """Who delivered, by period, the last one first."""
        found: dict[str, tuple[int, int]] = {}
        for row in self.rows:
            found[str(row["TIME_PERIOD"])] = (int(str(row["N_SENDERS"])), int(str(row["N_EXPECTED"])))
        return [
            Coverage(period, senders, expected, senders < self.spec.coverage_threshold * expected)
            for period, (senders, expected) in sorted(found.items(), reverse=True)
        ]

    @property
    def table(self) -> Figures:
        """All figures, the last period and the totals first."""
        heads = ("REF_AREA", "TIME_PERIOD", *self.spec.dimensions)
        grouped: dict[tuple[str, ...], dict[str, Row]] = {}
        for row in self.rows:
            grouped.setdefault(tuple(str(row[name]) for name in heads), {})[str(row["MEASURE"])] = row
        later = {period: place for place, period in enumerate(self.periods)}
        keys = sorted(
            grouped,
            key=lambda key: (
                later[key[1]],
                key[0] != EU,
                key[0],
                *(
                    self.labels.rank(self.codelists.get(name), code)
                    for name, code in zip(heads[2:], key[2:], strict=True)
                ),
            ),
        )
        return Figures(
            heads=tuple(self._column_labels.get(name, name) for name in heads),
            measures=tuple(self.label("MEASURE", measure) for measure in self.spec.measures),
            rows=tuple(self._row(heads, key, grouped[key]) for key in keys[:ROWS_SHOWN]),
            total=len(keys),
        )

    def _row(self, heads: tuple[str, ...], key: tuple[str, ...], found: Mapping[str, Row]) -> TableRow:
        first = next(iter(found.values()))
        return TableRow(
            heads=tuple(self.label(name, code) for name, code in zip(heads, key, strict=True)),
            cells=tuple(_cell(found[measure]) if measure in found else Cell(NO_ROW) for measure in self.spec.measures),
            senders=f"{first['N_SENDERS']} of {first['N_EXPECTED']}",
        )


def _cell(row: Row) -> Cell:
    value = row["OBS_VALUE"]
    text, flag = observation(
        None if value is None else float(str(value)), str(row["UNIT_MEASURE"]), str(row["OBS_STATUS"])
    )
    return Cell(text, flag)
