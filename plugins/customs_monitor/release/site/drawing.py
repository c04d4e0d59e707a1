"""Charts as SVG: the same bytes from the same figures, and told apart without seeing colours."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from customs_monitor.contracts.periods import last_day
from customs_monitor.release.site.wording import figure

#: From Okabe and Ito's palette (2008), which people with any colour vision can tell apart.
PALETTE = ("#0072B2", "#E69F00", "#56B4E9", "#009E73", "#CC79A7", "#D55E00", "#999999", "#F0E442")
#: From weak to strong agreement: one hue, growing darker (ColorBrewer 4-class YlGnBu, the first one darker).
SCORES = ("#e3dfa3", "#86cfb7", "#2f9dbd", "#1f4e96")
GREY = "#c3c7cf"
_INK = "#262b38"
_LINES = "#d5d9e2"
_STYLE: Mapping[str, Any] = {
    # Ids and metadata that do not change from run to run.
    "svg.hashsalt": "customs-monitor",
    # Outlines instead of text: the chart looks the same whatever fonts there are; its words are beside it.
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _LINES,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "hatch.linewidth": 0.6,
}
_WIDTH = 9.6
_ROW_HEIGHT = 0.34
#: A label is written into a bar that takes at least this share of the axis.
_ROOM_FOR_LABEL = 0.035
_LABEL_LENGTH = 44
#: A step longer than this many usual ones is a gap.
_GAP = 1.6
_TICKS = 10
_MARKERS = 24


@dataclass(frozen=True)
class Chart:
    """A chart with its caption, and what it shows in words."""

    name: str
    caption: str
    alternative: str
    svg: bytes


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
    labels = list(rows)
    with _figure(max(1.1, _ROW_HEIGHT * len(labels) + 0.9)) as figure_:
        axes = figure_.add_subplot()
        lengths = {label: (sum(values) or 1.0) if share else 1.0 for label, values in rows.items()}
        longest = max((sum(values) / lengths[label] for label, values in rows.items()), default=1.0) or 1.0
        left = dict.fromkeys(labels, 0.0)
        for number, (title, colour) in enumerate(series):
            widths = [rows[label][number] / lengths[label] for label in labels]
            axes.barh(
                labels, widths, left=list(left.values()), height=0.72, color=colour, label=title,
                edgecolor="white", linewidth=0.8,
            )  # fmt: skip
            for place, (label, width) in enumerate(zip(labels, widths, strict=True)):
                if width / longest >= _ROOM_FOR_LABEL:
                    axes.text(
                        left[label] + width / 2, place, _short(rows[label][number]), ha="center", va="center",
                        color=_ink_on(colour), fontsize=8.5,
                    )  # fmt: skip
                left[label] += width
        _tidy(axes, labels, longest)
        if share:
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
        _legend(figure_, len(series))
        told = "; ".join(
            f"{label}: "
            + ", ".join(f"{title} {_short(value)}" for (title, _), value in zip(series, values, strict=True))
            for label, values in rows.items()
        )
        return Chart(name, caption, f"Stacked bar chart. {told}.", _svg(figure_))


def bars(name: str, caption: str, rows: Mapping[str, float], *, unit: str | None = None) -> Chart:
    """Draw a horizontal bar per row with its value at the end."""
    labels = list(rows)
    with _figure(max(1.1, _ROW_HEIGHT * len(labels) + 0.5)) as figure_:
        axes = figure_.add_subplot()
        axes.barh(labels, list(rows.values()), height=0.72, color=PALETTE[0])
        longest = max([abs(value) for value in rows.values()] or [1.0]) or 1.0
        for place, value in enumerate(rows.values()):
            axes.text(
                max(value, 0) + longest * 0.01,
                place,
                _short(value) if unit is None else figure(value, unit),
                va="center",
                fontsize=8.5,
            )
        _tidy(axes, labels, longest * 1.1)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: figure(value, unit)))
        told = "; ".join(f"{label} {figure(value, unit)}" for label, value in rows.items())
        return Chart(name, caption, f"Bar chart. {told}.", _svg(figure_))


def lines(name: str, caption: str, series: Mapping[str, Mapping[str, float]]) -> Chart:
    """Draw a line per series over time, broken where periods are missing; each has its own marker besides its colour.

    Args:
        name: of the file, without suffix.
        caption: what is shown, for the caption.
        series: by label, the values by period; periods of one frequency.
    """
    periods = sorted({period for values in series.values() for period in values})
    places = {period: _year(period) for period in periods}
    steps = sorted(later - earlier for earlier, later in pairwise(places.values()))
    usual = steps[len(steps) // 2] if steps else 1.0
    with _figure(3.4) as figure_:
        axes = figure_.add_subplot()
        for number, (title, values) in enumerate(series.items()):
            across: list[float] = []
            up: list[float] = []
            for period in sorted(values):
                if across and places[period] - across[-1] > _GAP * usual:
                    across.append(across[-1] + usual)
                    up.append(math.nan)
                across.append(places[period])
                up.append(values[period])
            marked = [*range(0, len(across), max(1, len(across) // _MARKERS)), len(across) - 1]
            axes.plot(
                across, up, label=title, color=PALETTE[number % len(PALETTE)], marker="osD^vPX*"[number % 8],
                markersize=4, linewidth=1.6, markevery=marked,
            )  # fmt: skip
        if len(periods) <= _TICKS:
            axes.set_xticks(list(places.values()), periods)
        else:
            axes.xaxis.set_major_locator(MaxNLocator(_TICKS, integer=True))
        axes.grid(axis="y", color=_LINES, linewidth=0.7)
        axes.tick_params(length=0)
        _legend(figure_, len(series))
        told = "; ".join(
            f"{title} {figure(values[min(values)])} in {min(values)}, {figure(values[max(values)])} in {max(values)}"
            for title, values in series.items()
            if values
        )
        return Chart(name, caption, f"Line chart. {told}.", _svg(figure_))


def _year(period: str) -> float:
    """Return the end of a period in years, so that periods nobody delivered leave room on the axis."""
    day = last_day(period)
    return day.year + day.timetuple().tm_yday / 366 if day else math.nan


@contextmanager
def _figure(height: float) -> Iterator[Figure]:
    with mpl.rc_context(dict(_STYLE)):
        yield Figure(figsize=(_WIDTH, height), layout="constrained")


def _tidy(axes: Any, labels: Sequence[str], longest: float) -> None:
    axes.set_xlim(0, longest)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_yticks(
        range(len(labels)),
        [label if len(label) <= _LABEL_LENGTH else f"{label[: _LABEL_LENGTH - 1]}…" for label in labels],
    )
    axes.tick_params(length=0)
    axes.grid(axis="x", color=_LINES, linewidth=0.7)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=longest >= 3))


def _legend(figure_: Figure, series: int) -> None:
    figure_.legend(
        loc="outside upper left", ncols=min(series, 5), frameon=False, fontsize=9,
        handlelength=1.2, handleheight=1.1, columnspacing=1.6,
    )  # fmt: skip


def _short(value: float) -> str:
    """Return a figure as it fits into a bar: without decimals where they would say nothing."""
    return figure(round(value) if abs(value) >= 100 else value)


def _ink_on(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return _INK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.42 else "white"


def _svg(figure_: Figure) -> bytes:
    target = io.BytesIO()
    figure_.savefig(target, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return target.getvalue()
