"""The charts of an indicator, chosen by what it measures: a score, a state, a count, over time, by Member State."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from customs_monitor.release.site.drawing import (
    GREY,
    SCORES,
    Chart,
    bars,
    lines,
    small_multiples,
    stacked_bars,
)  # fmt: skip
from customs_monitor.release.site.observations import EU, SUPPRESSED, Observations
from customs_monitor.release.site.scene import without_remark
from customs_monitor.release.site.wording import POINTS, lowered

SCORE_MEASURES = ("COUNT_1", "COUNT_2", "COUNT_3", "COUNT_4")
SCORE_LABELS = ("1 not at all", "2 to a limited extent", "3 to some extent", "4 to a great extent")
_STATUS_COLOURS = {
    "COUNT_NOT_STARTED": GREY,
    "COUNT_ONGOING": "#E69F00",
    "COUNT_COMPLETED": "#0059b3",
    "COUNT_PERMANENT": "#56B4E9",
}
#: Units of figures that do not depend on the size of a Member State.
_COMPARABLE = ("FRACTION", POINTS, "SCORE")
#: Bars of one chart; the table has all.
_BARS = 30
#: So many that have no bar are named.
_NAMED = 4
#: From so many periods on the course over time is worth a line.
_PERIODS = 3
#: From so many Member States on their courses are told apart better side by side than on one plane.
_PANELS = 4


def indicator_charts(seen: Observations) -> list[Chart]:
    """Return the charts of an indicator, the most telling first; empty if there is nothing to draw."""
    if not seen.periods:
        return []
    if seen.spec.stock_flow == "score":
        found = [*_scores(seen), *_ranked(seen)]
    elif any(measure in _STATUS_COLOURS for measure in seen.measures):
        found = [*_states(seen)]
    else:
        found = [*_over_time(seen), *_split(seen), *_ranked(seen), *_courses(seen)]
    return found


def _scores(seen: Observations) -> Iterator[Chart]:
    """Draw the distribution of the scores: a bar per cycle for the Union, and one per item asked about."""
    rows: dict[str, list[float]] = {}
    series = [*zip(SCORE_LABELS, SCORES, strict=True), ("no reply", GREY)]
    for period in seen.periods[:4]:
        label = "European Union" if len(seen.periods) == 1 else f"European Union, {period}"
        rows |= _distribution(seen, label, period)
    for dimension in seen.dimensions:
        for code in seen.codes(dimension, seen.periods[:1]):
            rows |= _distribution(seen, without_remark(seen.label(dimension, code)), seen.periods[0], dimension, code)
    if rows:
        unless = " unless another cycle is named" if len(seen.periods) > 1 else ""
        caption = f"Answers by score, {seen.periods[0]}{unless}: number of answers"
        yield stacked_bars(f"{seen.spec.id}-scores", caption, rows, series, share=True)


def _distribution(
    seen: Observations, label: str, period: str, dimension: str = "", code: str = "_T"
) -> Mapping[str, list[float]]:
    values = [seen.value(period, EU, measure, dimension, code) for measure in (*SCORE_MEASURES, "NO_REPLY")]
    return {} if all(value is None for value in values) else {label: [value or 0.0 for value in values]}


def _states(seen: Observations) -> Iterator[Chart]:
    """Draw how many items are in which state, by the dimension that the specification names, else in total."""
    last = seen.periods[0]
    measures = [measure for measure in seen.measures if measure in _STATUS_COLOURS]
    dimension = seen.spec.chart.x if seen.spec.chart.x in seen.dimensions else next(iter(seen.dimensions), "")
    rows = {"Total": [seen.value(last, EU, measure) or 0.0 for measure in measures]} if not dimension else {
        without_remark(seen.label(dimension, code)): [
                seen.value(last, EU, measure, dimension, code) or 0.0 for measure in measures
            ]
        for code in seen.codes(dimension, [last])[:_BARS]
    }  # fmt: skip
    if rows:
        series = [(seen.label("MEASURE", measure), _STATUS_COLOURS[measure]) for measure in measures]
        by = f" by {lowered(seen.column(dimension))}" if dimension else ""
        yield stacked_bars(f"{seen.spec.id}-states", f"Items by state{by}, European Union, {last}", rows, series)
    if len(seen.periods) >= _PERIODS and seen.series(seen.key_measure):
        yield _line(seen, [seen.key_measure])


def _over_time(seen: Observations) -> Iterator[Chart]:
    """Draw the course for the Union, all measures of the key measure's unit on one plane."""
    if len(seen.periods) < _PERIODS:
        return
    unit = seen.units.get(seen.key_measure)
    alike = [item for item in seen.measures if seen.units[item] == unit and "DIFFERENCE" not in item]
    if measures := [measure for measure in alike or [seen.key_measure] if seen.series(measure)]:
        yield _line(seen, measures)


def _line(seen: Observations, measures: list[str]) -> Chart:
    unit = seen.units[measures[0]]
    named = {seen.label("MEASURE", measure): seen.series(measure) for measure in measures}
    if len(named) == 1:
        named = {"European Union": next(iter(named.values()))}
    caption = f"{seen.named(measures[0]) if len(measures) == 1 else 'Course over time'}, European Union over time"
    if provisional := [period for period in seen.periods if seen.period_is_provisional(period)]:
        caption += " (hollow: provisional)"
    return lines(f"{seen.spec.id}-time", caption, named, unit=unit, provisional=provisional)


def _split(seen: Observations) -> Iterator[Chart]:
    """Draw the last period by the first dimension."""
    last, measure = seen.periods[0], seen.key_measure
    for dimension in seen.dimensions[:2]:
        codes = {without_remark(seen.label(dimension, code)): code for code in seen.codes(dimension, [last])}
        values = {label: seen.value(last, EU, measure, dimension, code) for label, code in codes.items()}
        found = {label: value for label, value in values.items() if value is not None}
        if len(found) > 1:
            hidden = [
                label
                for label, code in codes.items()
                if (item := seen.at(last, EU, measure, dimension, code)) is not None and item.status == SUPPRESSED
            ]
            by = lowered(seen.column(dimension))
            caption = f"{seen.named(measure)} by {by}, European Union, {last}{_left_out(confidential=hidden)}"
            shown = dict(sorted(found.items(), key=lambda item: -item[1])[:_BARS])
            name = f"{seen.spec.id}-{dimension.lower().replace('_', '-')}"
            yield bars(name, caption, shown, unit=seen.units[measure])
    short = not seen.dimensions and not seen.areas and len(seen.periods) < _PERIODS
    if short and (totals := seen.series(measure)):
        yield bars(
            f"{seen.spec.id}-periods", f"{seen.named(measure)}, European Union", totals, unit=seen.units[measure]
        )


def _ranked(seen: Observations) -> Iterator[Chart]:
    """Draw the areas in the order of their figures for the last period; the Union is among them where it compares."""
    last, measure = seen.periods[0], seen.key_measure
    unit = seen.units.get(measure)
    found = {area: value for area in seen.areas if (value := seen.value(last, area, measure)) is not None}
    if len(found) < 2:
        return
    # A sum of all would dwarf its parts; a mean or share lies among them.
    if unit in _COMPARABLE and (whole := seen.value(last, EU, measure)) is not None:
        found[EU] = whole
    ordered = sorted(found, key=lambda area: (-found[area], area))
    rows = {seen.label("REF_AREA", area): found[area] for area in ordered}
    hidden = [area for area in seen.areas if (item := seen.at(last, area, measure)) and item.status == SUPPRESSED]
    note = _left_out(
        not_delivered=[seen.label("REF_AREA", area) for area in seen.missing(last)],
        confidential=[seen.label("REF_AREA", area) for area in hidden],
    )
    caption = f"{seen.named(measure)} by Member State, {last}{note}"
    yield bars(f"{seen.spec.id}-areas", caption, rows, unit=unit, marked=seen.label("REF_AREA", EU))


def _left_out(**why: list[str]) -> str:
    """Return what a caption says of bars that are not there, by the reason; many are counted, the table has them."""
    reasons = {reason.replace("_", " "): names for reason, names in why.items() if names}
    told = [
        f"{reason}: {', '.join(names)}" if len(names) <= _NAMED else f"{len(names)} {reason}"
        for reason, names in reasons.items()
    ]
    return f" ({'; '.join(told)})" if told else ""


def _courses(seen: Observations) -> Iterator[Chart]:
    """Draw the course of each Member State."""
    measure = seen.key_measure
    panels = {
        seen.label("REF_AREA", area): values for area in seen.areas if len(values := seen.series(measure, area)) > 1
    }
    if len(seen.periods) >= _PERIODS and len(panels) >= _PANELS:
        unit = seen.units[measure]
        shared = unit in _COMPARABLE
        scale = "all on one scale" if shared else "each on its own scale"
        caption = f"{seen.named(measure)} by Member State over time, {scale}"
        yield small_multiples(f"{seen.spec.id}-courses", caption, panels, unit=unit, one_scale=shared)
