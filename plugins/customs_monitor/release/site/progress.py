"""The progress report of a cycle as data: what was asked, who answered, the tables, what changed since the last one.

One report becomes a page and a PDF (`progress_pdf`), so that both say the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from customs_monitor.contracts.periods import first_day, last_day
from customs_monitor.release.contents import Contents, IndicatorEntry
from customs_monitor.release.site.attention import FeedCoverage
from customs_monitor.release.site.drawing import Chart
from customs_monitor.release.site.framework import LEVELS, TABLES, Table
from customs_monitor.release.site.indicator_charts import indicator_charts
from customs_monitor.release.site.observations import EU, Cell, Observations
from customs_monitor.release.site.questionnaire import Question
from customs_monitor.release.site.sentences import change_of, told
from customs_monitor.release.site.wording import NO_ROW, Labels, counted, figure, listed

_LEVEL_TITLES = {"output": "Outputs", "result": "Results", "outcome": "Outcomes"}
_ROWS = 20


@dataclass(frozen=True)
class ReportTable:
    """A table; the first column names the rows."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns are of figures."""
        return tuple(
            place > 0 and all(_is_figure(row[place].text) for row in self.rows) for place in range(len(self.heads))
        )


def _is_figure(text: str) -> bool:
    return len(text) < 18 and (text[:1].isdigit() or text[:1] in "\u2013:c\u2212+\u00b1")


def _words(*texts: str) -> tuple[Cell, ...]:
    return tuple(Cell(text) for text in texts)


@dataclass(frozen=True)
class Section:
    """A part of the report.

    Attributes:
        id: names it in the page and the PDF.
        number: as `2.1`.
    """

    id: str
    number: str
    title: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[ReportTable, ...] = ()
    chart: Chart | None = None
    parts: tuple[Section, ...] = ()


@dataclass(frozen=True)
class Report:
    """The report of one cycle."""

    cycle: str
    before: str | None
    synthetic: bool
    summary: tuple[str, ...]
    sections: tuple[Section, ...]


def cycles(seen: Iterable[Observations]) -> list[str]:
    """Return the cycles that indicators report on, the last one first."""
    return sorted({period for item in seen if item.spec.frequency == "cycle" for period in item.periods}, reverse=True)


@dataclass(frozen=True)
class Reporting:
    """What the reports of a release are written from.

    Attributes:
        is_synthetic: tells whether figures of an indicator for a period rest on made-up deliveries.
    """

    contents: Contents
    seen: Sequence[Observations]
    coverages: Sequence[FeedCoverage]
    questions: Sequence[Question]
    labels: Labels
    is_synthetic: Callable[[IndicatorEntry, str], bool]

    def report(self, cycle: str) -> Report:
        """Return the report of a cycle."""
        others = [other for other in cycles(self.seen) if other < cycle]
        before = others[0] if others else None
        answered = [(item, period) for item in self.seen if (period := period_in(item, cycle)) is not None]
        chapters = [
            self._asked(cycle),
            *(self._objectives(table, cycle, before) for table in TABLES),
            self._questions(cycle),
            self._changes(cycle, before),
            self._waiting(answered),
        ]
        numbered = [_numbered(section, str(place)) for place, section in enumerate(filter(None, chapters), start=1)]
        return Report(
            cycle,
            before,
            any(self.is_synthetic(item.entry, period) for item, period in answered),
            tuple(self._summary(cycle, answered)),
            tuple(numbered),
        )

    def _summary(self, cycle: str, answered: Sequence[tuple[Observations, str]]) -> Iterator[str]:
        yield (
            f"This report covers the cycle {cycle}. {counted(len(answered), 'indicator')} of the "
            f"{len(self.contents.indicators)} of the framework have figures for it."
        )
        scores = [
            (item, value)
            for item, period in answered
            if item.spec.stock_flow == "score" and (value := item.value(period)) is not None
        ]
        if scores:
            best = max(scores, key=lambda found: found[1])
            least = min(scores, key=lambda found: found[1])
            yield (
                f"Of {counted(len(scores), 'question')} answered on a scale from 1 (not at all) to 4 (to a great "
                f"extent) the highest mean is {figure(best[1], 'SCORE')} ({best[0].entry.id}: {best[0].entry.title}) "
                f"and the lowest {figure(least[1], 'SCORE')} ({least[0].entry.id}: {least[0].entry.title})."
            )

    def _asked(self, cycle: str) -> Section:
        questions = [item for item in self.seen if item.spec.frequency == "cycle" and cycle in item.periods]
        coverage = [found for item in questions for found in item.coverage if found.period == cycle]
        paragraphs = []
        if coverage:
            # Some indicators also rest on a department of the Commission: what most have is the questionnaire's own.
            senders, expected = Counter((found.senders, found.expected) for found in coverage).most_common(1)[0][0]
            paragraphs.append(
                f"The Member States were asked about {counted(len(questions), 'indicator')} of this cycle. "
                f"{senders} of {expected} returned their answers."
            )
            missing = {area for found in coverage for area in found.missing}
            if missing:
                named = listed(self.labels.areas(missing))
                paragraphs.append(f"No answers came from {named}. Figures for the Union are formed without them.")
            elif senders < expected:
                paragraphs.append("The source does not name those who did not answer.")
        inside: dict[str, list[FeedCoverage]] = {}
        for item in self.coverages:
            if _within(item.period, cycle):
                inside.setdefault(item.feed, []).append(item)
        rows = tuple(
            _words(self.contents.feeds[feed].name, _span(found), _delivered(found), self._missing(found))
            for feed, found in inside.items()
        )
        tables = (ReportTable("Deliveries for the cycle", ("Source", "Periods", "Delivered", "Missing"), rows),)
        return Section("asked", "", "What was asked, and who answered", tuple(paragraphs), tables if rows else ())

    def _missing(self, coverages: Sequence[FeedCoverage]) -> str:
        """Return who is missing, the last period first."""
        found = [item for item in coverages if item.missing]
        told = [f"{item.period} {listed(self.labels.areas(item.missing))}" for item in found]
        return "; ".join(told) or "nobody"

    def _objectives(self, table: Table, cycle: str, before: str | None) -> Section | None:
        entries = [item for item in self.seen if item.entry.table == table.number and period_in(item, cycle)]
        if not entries:
            return None
        parts = [
            Section(
                f"{table.number}-{level}",
                "",
                _LEVEL_TITLES[level],
                (table.chain[level],),
                parts=tuple(self._indicator(item, cycle, before) for item in entries if item.spec.level == level),
            )
            for level in LEVELS
            if any(item.spec.level == level for item in entries)
        ]
        words = tuple(f"Objective {objective.number}: {objective.text}." for objective in table.objectives)
        return Section(f"table-{table.number}", "", table.title, words, parts=tuple(parts))

    def _indicator(self, seen: Observations, cycle: str, before: str | None) -> Section:
        period = period_in(seen, cycle)
        assert period is not None  # only these are reported on
        earlier = period_in(seen, before) if before else None
        chart = None
        if seen.spec.stock_flow == "score" and seen.periods[0] == period:
            chart = next(iter(indicator_charts(seen)), None)
        words = list(told(seen, period, earlier))
        if self.is_synthetic(seen.entry, period):
            words.append("These figures rest on synthetic data, in whole or in part.")
        paragraphs = [" ".join(words)] if words else []
        return Section(
            seen.entry.id, "", f"{seen.entry.id} {seen.entry.title}", tuple(paragraphs),
            tuple(_tables(seen, period, earlier)), chart,
        )  # fmt: skip

    def _questions(self, cycle: str) -> Section | None:
        known = {entry.id for entry in self.contents.indicators}
        found = [item for item in self.questions if item.cycle == cycle and item.id not in known]
        if not found:
            return None
        tables = tuple(
            ReportTable(item.text, ("", *item.categories), tuple(_words(*row) for row in item.rows)) for item in found
        )
        words = "Questions of the questionnaire that feed no indicator; figures are numbers of Member States."
        return Section("questions", "", "Other questions of the questionnaire", (words,), tables)

    def _changes(self, cycle: str, before: str | None) -> Section:
        title = "Changes since the last cycle"
        if before is None:
            return Section("changes", "", title, ("There are no figures of an earlier cycle to compare with.",))
        rows = []
        for item in self.seen:
            period, earlier = period_in(item, cycle), period_in(item, before)
            if period and earlier and (change := change_of(item, period, earlier)):
                rows.append(_words(f"{item.entry.id} {item.entry.title}", item.named(item.key_measure), *change))
        if not rows:
            return Section("changes", "", title, (f"No indicator has figures for both {before} and {cycle}.",))
        heads = ("Indicator", "Measure", before, cycle, "Change")
        words = (
            f"{counted(len(rows), 'indicator')} can be compared with {before}, each by its main measure for the Union."
        )
        return Section("changes", "", title, (words,), (ReportTable(f"{before} and {cycle}", heads, tuple(rows)),))

    def _waiting(self, answered: Sequence[tuple[Observations, str]]) -> Section | None:
        have = {item.entry.id for item, _ in answered}
        rows = tuple(
            _words(f"{entry.id} {entry.title}", entry.reason or "No figure for this cycle")
            for entry in self.contents.indicators
            if entry.id not in have
        )
        if not rows:
            return None
        words = f"{counted(len(rows), 'indicator')} of the framework cannot be reported on in this cycle."
        table = ReportTable("Indicators without figures for the cycle", ("Indicator", "Why"), rows)
        return Section("waiting", "", "What cannot be reported yet", (words,), (table,))


def _span(coverages: Sequence[FeedCoverage]) -> str:
    periods = sorted(item.period for item in coverages)
    return periods[0] if len(periods) == 1 else f"{periods[0]} to {periods[-1]}"


def _delivered(coverages: Sequence[FeedCoverage]) -> str:
    return f"{sum(len(item.delivered) for item in coverages)} of {sum(item.expected for item in coverages)}"


def period_in(seen: Observations, cycle: str) -> str | None:
    """Return the last period of an indicator that lies in a cycle, None if none does."""
    return next((period for period in seen.periods if _within(period, cycle)), None)


def _within(period: str, cycle: str) -> bool:
    begin, end, day = first_day(cycle), last_day(cycle), last_day(period)
    return bool(begin and end and day and begin <= day <= end) and (period == cycle or len(period) < len(cycle))


def _tables(seen: Observations, period: str, earlier: str | None) -> Iterator[ReportTable]:
    """Yield the Union's figures: by the codes of each dimension, several measures or this cycle and the last."""
    measures = seen.measures
    columns = [(period, measure) for measure in measures] if len(measures) > 1 else [
        (item, measures[0]) for item in (earlier, period) if item
    ]  # fmt: skip
    heads = tuple(_head(seen, item, measure) if len(measures) > 1 else item for item, measure in columns)
    places: list[tuple[str, str, str]] = [("European Union", "", "_T")]
    dimension = next(iter(seen.dimensions), "")
    codes = seen.codes(dimension, [period]) if dimension else []
    places += [(seen.label(dimension, code), dimension, code) for code in codes[:_ROWS]]
    rows = []
    for label, name, code in places:
        cells = [seen.at(item, EU, measure, name, code) for item, measure in columns]
        if any(cell is not None for cell in cells):
            rows.append((Cell(label), *(cell.cell if cell else Cell(NO_ROW) for cell in cells)))
    if rows:
        first = seen.column(dimension) if dimension else ""
        more = f" (the first {_ROWS} of {len(codes)}; the page of the indicator has all)" if len(codes) > _ROWS else ""
        yield ReportTable(f"{seen.entry.id}, {seen.spec.unit}, {period}{more}", (first, *heads), tuple(rows))


_SHORT_HEADS = {
    "MEAN": "Mean", "SHARE_3_4": "3 or 4", "COUNT_1": "1", "COUNT_2": "2", "COUNT_3": "3", "COUNT_4": "4",
    "NO_REPLY": "No reply", "RESPONDENTS": "Scores", "COUNT_NOT_STARTED": "Not started", "COUNT_ONGOING": "Ongoing",
    "COUNT_COMPLETED": "Completed", "COUNT_PERMANENT": "Permanent", "SHARE_COMPLETED": "Completed, share",
}  # fmt: skip


def _head(seen: Observations, _period: str, measure: str) -> str:
    return _SHORT_HEADS.get(measure, seen.named(measure))


def _numbered(section: Section, number: str) -> Section:
    parts = tuple(_numbered(part, f"{number}.{place}") for place, part in enumerate(section.parts, start=1))
    return replace(section, number=number, parts=parts)
