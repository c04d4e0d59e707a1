"""The evaluation of the common risk criteria (SWD(2021) 2, 2.4.1.2): what they hit, and what the hits led to."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from customs_monitor.release.site.drawing import Chart, lines
from customs_monitor.release.site.grids import Grid, GridRow
from customs_monitor.release.site.observations import EU, TOTAL, Cell
from customs_monitor.release.site.scene import without_remark
from customs_monitor.release.site.wording import NO_ROW, Labels, figure

log = logging.getLogger(__name__)

EVALUATION, COMBINATIONS = "crc_evaluation", "crc_combinations"
_COUNTS = ("hits_automated", "hits_assessed", "controls", "positive_results")
_RATES = ("assessed_share", "controlled_share", "positive_share")
_NEEDED = {"reference_period", "ref_area", "crc_code", "movement", "high_interest_country", *_COUNTS, *_RATES}
_HEADS = (
    "Automated hits",
    "After assessment",
    "Controls",
    "Positive results",
    "Assessed, of automated hits",
    "Controlled, of assessed hits",
    "Positive, of controls",
)
_MOST = 25
_FREE = "F"
_CONFIDENTIAL = Cell("c")


@dataclass(frozen=True)
class Criteria:
    """What the page on the criteria shows.

    Attributes:
        period: the last one.
        since: the first of the periods that the two lists are about.
        never_hit: criteria in force of which no delivery reports a hit in any of these periods, with their labels.
        never_find: criteria whose hits were controlled and never found anything, by the figures that are public.
        hidden: criteria of which a figure is confidential in some of these periods: of them little can be said.
    """

    period: str
    since: str
    grids: tuple[Grid, ...]
    trend: Chart | None
    never_hit: tuple[tuple[str, str], ...]
    never_find: tuple[tuple[str, str], ...]
    hidden: tuple[str, ...]
    senders: tuple[int, int] | None


def criteria(folder: Path, labels: Labels) -> Criteria | None:
    """Return the evaluation of the criteria, None where the release has no table for it.

    Args:
        folder: the public files of the release.
        labels: of the codes.
    """
    evaluation, combinations = (folder / f"marts/{name}/{name}.parquet" for name in (EVALUATION, COMBINATIONS))
    if not evaluation.is_file():
        return None
    with duckdb.connect() as database:
        published = database.read_parquet(str(evaluation))
        columns = set(published.columns)
        free = f"coalesce(conf_status, '{_FREE}') = '{_FREE}'" if "conf_status" in columns else "true"
        published.project(f"*, {free} AS is_free").create_view("evaluation")
        if not columns >= _NEEDED:
            log.warning("no page on the common risk criteria: %s lacks %s", EVALUATION, sorted(_NEEDED - columns))
            return None
        reading = _Reading(database, labels)
        if not reading.periods:
            return None
        grids = [grid for grid in reading.grids() if len(grid.rows) > 1]
        if combinations.is_file():
            database.read_parquet(str(combinations)).create_view("combinations")
            grids += reading.combinations()
        return Criteria(
            reading.periods[-1],
            reading.periods[0],
            tuple(grids),
            reading.trend(),
            # What is confidential is no zero.
            reading.listed("bool_and(is_free) AND coalesce(sum(hits_automated), 0) = 0"),
            reading.listed("sum(hits_automated) > 0 AND sum(controls) > 0 AND sum(positive_results) = 0"),
            tuple(code for code, _ in reading.listed("NOT bool_and(is_free)")),
            reading.senders(columns),
        )


class _Reading:
    """Queries of the table; figures of the Union over everything that is not named."""

    def __init__(self, database: duckdb.DuckDBPyConnection, labels: Labels) -> None:
        self._database, self._labels = database, labels
        self.periods = [row[0] for row in self._rows("SELECT DISTINCT reference_period FROM evaluation ORDER BY ALL")]

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return list(self._database.execute(sql, values).fetchall())

    def grids(self) -> Iterator[Grid]:
        yield self._grid("crc-criteria", "By criterion", "Criterion", "crc_code", "crc_code")
        yield self._grid("crc-areas", "By Member State", "Area", "ref_area", "area")
        yield self._grid("crc-movements", "By movement", "Movement", "movement", "movement")
        yield self._grid(
            "crc-countries", "By high-interest country", "Country", "high_interest_country", "area"
        )  # fmt: skip

    def _grid(self, name: str, title: str, corner: str, column: str, codelist: str) -> Grid:
        others = {"ref_area": EU, "crc_code": TOTAL, "movement": TOTAL, "high_interest_country": TOTAL}
        total = others.pop(column)
        where = " AND ".join(f"{other} = '{code}'" for other, code in others.items())
        found = self._rows(
            f"""SELECT {column}, is_free, {", ".join([*_COUNTS, *_RATES])} FROM evaluation
            WHERE reference_period = $1 AND {where}
            ORDER BY {column} <> '{total}', hits_automated DESC NULLS LAST, {column}""",
            self.periods[-1],
        )
        rows = tuple(
            GridRow(self._named(codelist, code), _cells(values, free), code == total) for code, free, *values in found
        )
        shown = rows[:_MOST] if column == "high_interest_country" else rows
        heads = tuple(Cell(head) for head in _HEADS)
        return Grid(name, f"{title}, {self.periods[-1]}", corner, heads, shown, len(rows) - len(shown))

    def combinations(self) -> Iterator[Grid]:
        has_status = "conf_status" in self._database.table("combinations").columns
        free = f"coalesce(conf_status, '{_FREE}') = '{_FREE}'" if has_status else "true"
        found = self._rows(
            f"""SELECT crc_codes, hits_automated, hits_assessed, assessed_share FROM combinations
            WHERE {free} AND reference_period = (SELECT max(reference_period) FROM combinations) AND ref_area = $1
                AND movement = $2
            ORDER BY hits_automated DESC NULLS LAST, crc_codes""",
            EU,
            TOTAL,
        )
        rows = tuple(
            GridRow(
                str(codes).replace("+", " + ") if codes != TOTAL else "Total",
                (Cell(figure(automated)), Cell(figure(assessed)), Cell(figure(share, "FRACTION"))),
                codes == TOTAL,
            )
            for codes, automated, assessed, share in found
        )
        if rows:
            heads = tuple(Cell(head) for head in (*_HEADS[:2], _HEADS[4]))
            title = "Hits of several criteria on one declaration"
            yield Grid("crc-combinations", title, "Criteria", heads, rows[:_MOST], len(rows) - len(rows[:_MOST]))

    def trend(self) -> Chart | None:
        found = self._rows(
            f"""SELECT reference_period, {", ".join(_COUNTS)} FROM evaluation WHERE ref_area = $1 AND crc_code = $2
            AND movement = $2 AND high_interest_country = $2 ORDER BY reference_period""",
            EU,
            TOTAL,
        )
        series = {
            head: {row[0]: float(row[place]) for row in found if row[place] is not None}
            for place, head in enumerate(_HEADS[:4], start=1)
        }
        series = {head: values for head, values in series.items() if values}
        if len(found) < 2 or not series:
            return None
        return lines("crc-trend", "From hits to positive results, European Union over time", series)

    def listed(self, condition: str) -> tuple[tuple[str, str], ...]:
        """Return the criteria that meet a condition over all periods."""
        found = self._rows(
            f"""SELECT crc_code FROM evaluation WHERE ref_area = $1 AND movement = $2 AND high_interest_country = $2
            AND crc_code NOT LIKE '\\_%' ESCAPE '\\' GROUP BY crc_code HAVING {condition} ORDER BY crc_code""",
            EU,
            TOTAL,
        )
        return tuple((code, without_remark(self._labels.of("crc_code", code))) for (code,) in found)

    def senders(self, columns: set[str]) -> tuple[int, int] | None:
        if not columns >= {"n_senders", "n_expected"}:
            return None
        found = self._rows(
            "SELECT max(n_senders), max(n_expected) FROM evaluation WHERE reference_period = $1", self.periods[-1]
        )
        return (int(found[0][0]), int(found[0][1]))

    def _named(self, codelist: str, code: str) -> str:
        label = without_remark(self._labels.of(codelist, code))
        if codelist == "area" and code == "_Z":
            return "None that is listed"
        return f"{code} {label}" if codelist == "crc_code" and code != TOTAL and label != code else label


def _cells(values: Sequence[object], is_free: bool) -> tuple[Cell, ...]:
    """Return counts and rates as cells; of a row that is confidential nothing is shown, whatever is in it."""
    if not is_free:
        return (_CONFIDENTIAL,) * len(values)
    counts, rates = values[: len(_COUNTS)], values[len(_COUNTS) :]
    return (
        *(Cell(NO_ROW if value is None else figure(value)) for value in counts),
        *(Cell(figure(value, "FRACTION")) for value in rates),
    )
