"""Charts as scenes: the same bytes from the same figures, and told apart without seeing colours."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from customs_monitor.contracts.periods import last_day
from customs_monitor.release.site.axes import Axis, axis
from customs_monitor.release.site.scene import (
    INK,
    LINES,
    QUIET,
    Marker,
    Polyline,
    Rect,
    Scene,
    Shape,
    Text,
    svg,
    text_width,
    wrapped,
)  # fmt: skip
from customs_monitor.release.site.wording import figure, tick_text

#: From Okabe and Ito's palette (2008), which people with any colour vision can tell apart.
PALETTE = ("#0059b3", "#E69F00", "#56B4E9", "#009E73", "#CC79A7", "#D55E00", "#999999", "#F0E442")
#: From weak to strong agreement: one hue, growing darker (ColorBrewer 4-class YlGnBu, the first one darker).
SCORES = ("#e3dfa3", "#86cfb7", "#2f9dbd", "#1f4e96")
GREY = "#c3c7cf"
WIDTH = 800.0
_SIZE = 13.0
_ROW = 27.0
_BAR = 19.0
_LABELS = 250.0
#: Beyond the end of a bar there is room for its figure.
_MARGIN = 78.0
_PLOT = 230.0
#: A step longer than this many usual ones is a gap.
_GAP = 1.6
_TOLD = 30


@dataclass(frozen=True)
class Chart:
    """A chart with its caption, and what it shows in words.

    Attributes:
        name: of its file, without suffix; a page has no two of the same.
        scene: what is drawn.
    """

    name: str
    caption: str
    alternative: str
    scene: Scene

    @property
    def svg(self) -> str:
        """The chart as an SVG element or file."""
        return svg(self.scene, self.name, self.caption, self.alternative)


def stacked_bars(
    name: str,
    caption: str,
    rows: Mapping[str, Sequence[float]],
    series: Sequence[tuple[str, str]],
    *,
    share: bool = False,
) -> Chart:
    """Draw a horizontal bar per row, cut by series.

    Args:
        name: of the file, without suffix.
        caption: what is shown, for the caption.
        rows: the values of each row, one per series.
        series: label and colour of each.
        share: whether all bars are equally long; the labels are the values all the same.
    """
    sums = {label: float(sum(values)) for label, values in rows.items()}
    lengths = {label: (whole or 1.0) if share else 1.0 for label, whole in sums.items()}
    longest = max((whole / lengths[label] for label, whole in sums.items()), default=1.0) or 1.0
    left = _label_width(rows)
    scale = axis(0, 1.0 if share else longest, left, WIDTH - (24 if share else _MARGIN))
    shapes, top = _legend(series)
    bottom = top + _ROW * len(rows)
    shapes += _grid(scale, top, bottom, "FRACTION" if share else None)
    for place, (label, values) in enumerate(rows.items()):
        y = top + _ROW * place
        shapes += _row_label(label, left, y)
        begun = 0.0
        for (title, colour), value in zip(series, values, strict=True):
            width = scale.length(value / lengths[label])
            x = scale.at(begun)
            if width > 0:
                shapes.append(
                    Rect(x, y + (_ROW - _BAR) / 2, max(width - 1, 0.5), _BAR, colour, f"{title}: {_short(value)}")
                )
                if width >= text_width(_short(value), 12) + 4:
                    shapes.append(Text(x + width / 2, y + 18, _short(value), 12, "middle", _ink_on(colour)))
            begun += value / lengths[label]
        if not share and sums[label]:
            shapes.append(Text(scale.at(begun) + 5, y + 18, _short(sums[label]), 12, fill=QUIET))
    told = (
        f"{label}: " + ", ".join(f"{title} {_short(value)}" for (title, _), value in zip(series, values, strict=True))
        for label, values in rows.items()
    )
    return Chart(name, caption, _in_words("Stacked bar chart", list(told)), Scene(WIDTH, bottom + 24, tuple(shapes)))


def bars(
    name: str, caption: str, rows: Mapping[str, float], *, unit: str | None = None, marked: str | None = None
) -> Chart:
    """Draw a horizontal bar per row with its value at the end.

    Args:
        name: of the file, without suffix.
        caption: what is shown, for the caption.
        rows: the values, in the order of the bars.
        unit: unit of the values, for how they are written.
        marked: the row that is no member of the others but their total or mean, drawn darker.
    """
    low, high = min([0.0, *rows.values()]), max([0.0, *rows.values()])
    left = _label_width(rows)
    room = _MARGIN if low < 0 else 0.0
    scale = axis(low, high or (0.0 if low else 1.0), left + room, WIDTH - _MARGIN)
    top = 8.0
    bottom = top + _ROW * len(rows)
    shapes = [*_grid(scale, top, bottom, unit)]
    for place, (label, value) in enumerate(rows.items()):
        y = top + _ROW * place
        shapes += _row_label(label, left, y, bold=label == marked)
        start, end = sorted((scale.at(0), scale.at(value)))
        colour = INK if label == marked else PALETTE[0]
        text = figure(value, unit)
        shapes.append(Rect(start, y + (_ROW - _BAR) / 2, max(end - start, 0.8), _BAR, colour, f"{label}: {text}"))
        shapes.append(
            Text(end + 5, y + 18, text, 12) if value >= 0 else Text(start - 5, y + 18, text, 12, "end")
        )  # fmt: skip
    if low < 0:
        shapes.append(Polyline(((scale.at(0), top), (scale.at(0), bottom)), INK))
    told = [f"{label} {figure(value, unit)}" for label, value in rows.items()]
    return Chart(name, caption, _in_words("Bar chart", told), Scene(WIDTH, bottom + 24, tuple(shapes)))


def lines(
    name: str,
    caption: str,
    series: Mapping[str, Mapping[str, float]],
    *,
    unit: str | None = None,
    provisional: Sequence[str] = (),
) -> Chart:
    """Draw a line per series over time, broken where periods are missing; each has its own marker besides its colour.

    Args:
        name: of the file, without suffix.
        caption: what is shown, for the caption.
        series: by label, the values by period; periods of one frequency.
        unit: unit of the values, for how they are written.
        provisional: periods whose figures are not final: their markers are hollow.
    """
    found = [value for values in series.values() for value in values.values()]
    shapes, top = _legend(
        [(title, PALETTE[number % len(PALETTE)]) for number, title in enumerate(series)], markers=True
    )
    scale = axis(min(0.0, *found), max(found), top + _PLOT, top + 8)
    left = 14 + max(text_width(tick_text(tick, unit), 12) for tick in scale.ticks)
    periods = sorted({period for values in series.values() for period in values})
    across = _time(periods, left + 12, WIDTH - 24)
    for tick in scale.ticks:
        y = scale.at(tick)
        shapes.append(Polyline(((left, y), (WIDTH, y)), INK if tick == 0 else LINES))
        shapes.append(Text(left - 6, y + 4, tick_text(tick, unit), 12, "end", QUIET))
    shapes += _period_labels(periods, across, top + _PLOT + 20)
    for number, (title, values) in enumerate(series.items()):
        colour = PALETTE[number % len(PALETTE)]
        ordered = sorted(values)
        for stretch in _stretches(ordered, across):
            shapes.append(Polyline(tuple((across[item], scale.at(values[item])) for item in stretch), colour, 2))
        every = max(1, len(ordered) // 30)
        for item in ordered[::-1][::every]:
            told = f"{title}, {item}: {figure(values[item], unit)}"
            shapes.append(Marker(across[item], scale.at(values[item]), colour, number, item in provisional, told))
    told_all = [f"{title} {_ends(values, unit)}" for title, values in series.items() if values]
    kind = "Line chart, hollow markers are provisional" if provisional else "Line chart"
    return Chart(name, caption, _in_words(kind, told_all), Scene(WIDTH, top + _PLOT + 32, tuple(shapes)))


def small_multiples(
    name: str,
    caption: str,
    panels: Mapping[str, Mapping[str, float]],
    *,
    unit: str | None = None,
    one_scale: bool = False,
) -> Chart:
    """Draw a small line chart per panel, so that their courses can be compared.

    Args:
        name: of the file, without suffix.
        caption: what is shown, for the caption.
        panels: by label, the values by period.
        unit: unit of the values, for how they are written.
        one_scale: whether all share one scale, else each goes up to its own maximum: then sizes cannot be compared.
    """
    columns, width, height, gap = 4, 188.0, 74.0, 16.0
    found = [value for values in panels.values() for value in values.values()]
    periods = sorted({period for values in panels.values() for period in values})
    shapes: list[Shape] = []
    for place, (label, values) in enumerate(panels.items()):
        x, y = (place % columns) * (width + gap), (place // columns) * (height + 46)
        own = found if one_scale else list(values.values())
        scale = axis(min([0.0, *own]), max([0.0, *own]), y + 22 + height, y + 26)
        across = _time(periods, x + 6, x + width - 6)
        shapes.append(Text(x, y + 14, wrapped(label, _SIZE, width, 1)[0], _SIZE, bold=True))
        shapes.append(Polyline(((x, scale.at(0)), (x + width, scale.at(0))), LINES))
        shapes += [
            Polyline(tuple((across[item], scale.at(values[item])) for item in stretch), PALETTE[0], 1.8)
            for stretch in _stretches(sorted(values), across)
        ]
        if values:
            last = max(values)
            shapes.append(Marker(across[last], scale.at(values[last]), PALETTE[0], title=f"{label}, {last}"))
            shapes.append(Text(x + width, y + height + 37, f"{last}: {figure(values[last], unit)}", 11.5, "end", QUIET))
    rows = math.ceil(len(panels) / columns)
    told = [
        f"{label} {figure(values[max(values)], unit)} in {max(values)}" for label, values in panels.items() if values
    ]
    words = _in_words(f"Small line charts, {'on one scale' if one_scale else 'each on its own scale'}", told)
    return Chart(name, caption, words, Scene(columns * (width + gap) - gap, rows * (height + 46), tuple(shapes)))


def _ends(values: Mapping[str, float], unit: str | None) -> str:
    first, last = min(values), max(values)
    return f"{figure(values[first], unit)} in {first}, {figure(values[last], unit)} in {last}"


def _label_width(rows: Mapping[str, object]) -> float:
    # A tenth more than usual, for a label in bold.
    return min(_LABELS, max((1.1 * text_width(label, _SIZE) for label in rows), default=0.0)) + 10


def _row_label(label: str, left: float, y: float, *, bold: bool = False) -> Iterator[Shape]:
    found = wrapped(label, _SIZE, left - 10)
    if len(found) > 1:
        found = wrapped(label, 11, left - 10)
    if len(found) > 1:
        yield Text(left - 8, y + 11.5, found[0], 11, "end", bold=bold)
        yield from (Text(left - 8, y + 23.5, line, 11, "end", bold=bold) for line in found[1:])
    else:
        size = _SIZE if text_width(label, _SIZE) <= left - 10 else 11
        yield Text(left - 8, y + 18, found[0] if found else "", size, "end", bold=bold)


def _grid(scale: Axis, top: float, bottom: float, unit: str | None) -> Iterator[Shape]:
    for tick in scale.ticks:
        x = scale.at(tick)
        yield Polyline(((x, top), (x, bottom)), LINES)
        yield Text(x, bottom + 17, tick_text(tick, unit), 12, "middle", QUIET)


def _legend(series: Sequence[tuple[str, str]], *, markers: bool = False) -> tuple[list[Shape], float]:
    """Return the legend and where the chart may begin below it; a single series needs none, the caption names it."""
    if len(series) == 1:
        return [], 6.0
    shapes: list[Shape] = []
    x, y = 0.0, 4.0
    for number, (title, colour) in enumerate(series):
        width = 22 + text_width(title, _SIZE) + 14
        if x and x + width > WIDTH:
            x, y = 0.0, y + 22
        shapes.append(Marker(x + 7, y + 7, colour, number) if markers else Rect(x, y, 14, 14, colour))
        shapes.append(Text(x + 20, y + 12, title, _SIZE))
        x += width
    return shapes, y + 28


def _time(periods: Sequence[str], left: float, right: float) -> dict[str, float]:
    """Return where each period is, so that periods nobody delivered leave room on the axis."""
    years = {period: _year(period) for period in periods}
    first, last = min(years.values()), max(years.values())
    if first == last:
        return dict.fromkeys(periods, (left + right) / 2)
    return {period: left + (year - first) / (last - first) * (right - left) for period, year in years.items()}


def _year(period: str) -> float:
    day = last_day(period)
    return day.year + day.timetuple().tm_yday / 366 if day else 0.0


def _stretches(periods: Sequence[str], across: Mapping[str, float]) -> Iterator[list[str]]:
    """Yield the periods in runs without a gap."""
    steps = sorted(
        across[later] - across[earlier] for earlier, later in pairwise(sorted(across, key=across.__getitem__))
    )
    usual = steps[len(steps) // 2] if steps else 0.0
    run: list[str] = []
    for period in periods:
        if run and across[period] - across[run[-1]] > _GAP * usual:
            yield run
            run = []
        run.append(period)
    if run:
        yield run


def _period_labels(periods: Sequence[str], across: Mapping[str, float], y: float) -> Iterator[Shape]:
    """Yield as many labels as there is room for, the last period always among them."""
    free = math.inf
    for period in reversed(periods):
        half = text_width(period, 12) / 2
        x = min(across[period], WIDTH - half)
        if x + half < free:
            yield Text(x, y, period, 12, "middle", QUIET)
            free = x - half - 12


def _in_words(kind: str, told: list[str]) -> str:
    more = f"; and {len(told) - _TOLD} more, in the table" if len(told) > _TOLD else ""
    return f"{kind}. {'; '.join(told[:_TOLD])}{more}."


def _short(value: float) -> str:
    """Return a figure as it fits into a bar: without decimals where they would say nothing."""
    return figure(round(value) if abs(value) >= 100 else value)


def _ink_on(colour: str) -> str:
    """Return the colour of words on a bar: the one of two with more contrast (WCAG 2.2, relative luminance)."""
    light = _luminance(colour)
    return INK if (light + 0.05) / (_luminance(INK) + 0.05) > 1.05 / (light + 0.05) else "#ffffff"


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
