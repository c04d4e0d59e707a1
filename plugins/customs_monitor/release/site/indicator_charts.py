"""The chart of an indicator, as its specification asks for it."""

from __future__ import annotations

from customs_monitor.release.site.drawing import GREY, PALETTE, SCORES, Chart, bars, lines, stacked_bars
from customs_monitor.release.site.observations import EU, Observations

_SCORES = ("COUNT_1", "COUNT_2", "COUNT_3", "COUNT_4")
_SCORE_LABELS = ("1 not at all", "2 to a limited extent", "3 to some extent", "4 to a great extent")
_STATUS_COLOURS = {
    "COUNT_NOT_STARTED": GREY,
    "COUNT_ONGOING": "#E69F00",
    "COUNT_COMPLETED": "#0072B2",
    "COUNT_PERMANENT": "#56B4E9",
}
#: Bars of one chart; the table has all.
_BARS = 30


def indicator_chart(observations: Observations) -> Chart | None:
    """Return the chart of the last period, None if there is nothing to draw."""
    spec, periods = observations.spec, observations.periods
    if not periods:
        return None
    if spec.stock_flow == "score":
        return _scores(observations, periods[0])
    chart = spec.chart
    name = spec.id
    if chart.kind == "line":
        found = observations.values("TIME_PERIOD", REF_AREA=EU)
        series = {
            observations.label("MEASURE", measure): {
                period: values[measure] for period, values in found.items() if measure in values
            }
            for measure in chart.measures
        }
        return lines(name, f"{spec.title}: European Union over time", {k: v for k, v in series.items() if v})
    caption = f"{spec.title}: {_where(chart.x)} {periods[0]}"
    if chart.x == "MEASURE":
        totals = observations.values("REF_AREA", TIME_PERIOD=periods[0]).get(EU, {})
        rows = {observations.label("MEASURE", item): totals[item] for item in chart.measures if item in totals}
        return bars(name, caption, rows) if rows else None
    codes = {"TIME_PERIOD": periods[0]} | ({} if chart.x == "REF_AREA" else {"REF_AREA": EU})
    found = {
        observations.label(chart.x, code): values
        for code, values in observations.values(chart.x, **codes).items()
        if code not in ("_T", EU)
    }
    if not found:
        return None
    shown = dict(list(found.items())[:_BARS])
    if chart.kind == "bars":
        return bars(name, caption, {label: values.get(chart.measures[0], 0.0) for label, values in shown.items()})
    return stacked_bars(
        name,
        caption,
        {label: [values.get(measure, 0.0) for measure in chart.measures] for label, values in shown.items()},
        [
            (observations.label("MEASURE", measure), _STATUS_COLOURS.get(measure, PALETTE[number % len(PALETTE)]))
            for number, measure in enumerate(chart.measures)
        ],
    )


def _scores(observations: Observations, period: str) -> Chart | None:
    """Draw the distribution of the scores: one bar for the Union, and one per item or Member State where there are."""
    spec = observations.spec
    found = observations.values("REF_AREA", TIME_PERIOD=period)
    rows = {observations.label("REF_AREA", area): values for area, values in found.items()}
    for dimension in spec.dimensions:
        rows |= {
            observations.label(dimension, code): values
            for code, values in observations.values(dimension, REF_AREA=EU, TIME_PERIOD=period).items()
            if code != "_T"
        }
    distributions = {
        label: [values.get(measure, 0.0) for measure in (*_SCORES, "NO_REPLY")]
        for label, values in rows.items()
        if any(measure in values for measure in _SCORES)
    }
    if not distributions:
        return None
    return stacked_bars(
        spec.id,
        f"Answers by score, {period}: number of respondents",
        distributions,
        [*zip(_SCORE_LABELS, SCORES, strict=True), ("no reply", GREY)],
        share=True,
    )


def _where(column: str) -> str:
    return "by Member State," if column == "REF_AREA" else "European Union,"
