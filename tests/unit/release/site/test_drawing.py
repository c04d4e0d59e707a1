"""Charts: round ticks, gaps that stay gaps, texts that are escaped, the same bytes every time."""

from __future__ import annotations

import pytest
from lxml import etree

from customs_monitor.release.site.axes import axis
from customs_monitor.release.site.drawing import bars, lines, small_multiples, stacked_bars
from customs_monitor.release.site.scene import Marker, Polyline, Rect, Text, text_width, without_remark, wrapped
from customs_monitor.release.site.wording import tick_text


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 100, (0, 20, 40, 60, 80, 100)),
        (0, 7, (0, 2, 4, 6, 8)),
        (0, 12, (0, 5, 10, 15)),
        (0, 120, (0, 25, 50, 75, 100, 125)),
        (0, 1, (0, 0.2, 0.4, 0.6, 0.8, 1)),
        (-3000, 12345, (-5000, 0, 5000, 10000, 15000)),
        (0, 0, (0, 0.2, 0.4, 0.6, 0.8, 1)),
        (0, 0.00031, (0, 0.0001, 0.0002, 0.0003, 0.0004)),
    ],
)
def test_ticks_are_round_and_hold_all_figures(low, high, ticks):
    assert axis(low, high, 0, 100).ticks == pytest.approx(ticks)


def test_a_period_that_nobody_delivered_breaks_the_line():
    chart = lines("a", "A", {"x": {"2025-Q1": 1, "2025-Q2": 2, "2026-Q1": 3, "2026-Q2": 4}})
    strokes = [shape for shape in chart.scene.shapes if isinstance(shape, Polyline) and shape.width == 2]
    assert [len(stroke.points) for stroke in strokes] == [2, 2]


def test_a_provisional_figure_has_a_hollow_marker():
    chart = lines("a", "A", {"x": {"2025": 1, "2026": 2}}, provisional=["2026"])
    markers = [shape for shape in chart.scene.shapes if isinstance(shape, Marker)]
    assert {marker.hollow for marker in markers if "2026" in marker.title} == {True}
    assert {marker.hollow for marker in markers if "2025:" in marker.title} == {False}
    assert "hollow markers are provisional" in chart.alternative


def test_bars_of_negative_figures_end_left_of_zero():
    chart = bars("a", "A", {"up": 10, "down": -5})
    up, down = (shape for shape in chart.scene.shapes if isinstance(shape, Rect))
    assert down.x + down.width == pytest.approx(up.x)
    assert up.width == pytest.approx(2 * down.width)


def test_nothing_is_drawn_outside_of_its_plane():
    figures = {f"A Member State with quite a long name {number}": 10.0**number for number in range(8)}
    for chart in (
        bars("a", "A", figures),
        stacked_bars("b", "B", {label: [value, value] for label, value in figures.items()}, [("p", "#000000")] * 2),
        lines("c", "C", {"x": {f"{year}": 1e9 for year in range(2000, 2027)}}),
        small_multiples("d", "D", {label: {"2025": value, "2026": 0} for label, value in figures.items()}),
    ):
        for shape in chart.scene.shapes:
            if isinstance(shape, Rect):
                assert 0 <= shape.x <= shape.x + shape.width <= chart.scene.width + 0.1
            if isinstance(shape, Text):
                assert -0.1 <= shape.y <= chart.scene.height
                width = text_width(shape.text, shape.size)
                left = shape.x - {"start": 0, "middle": width / 2, "end": width}[shape.anchor]
                assert left >= -2, shape
                assert left + width <= chart.scene.width + 2, shape


def test_texts_are_escaped_and_the_picture_has_title_and_description():
    chart = bars("name", "A <b> & c", {"<script>": 1})
    root = etree.fromstring(chart.svg)
    title, description = root[0], root[1]
    assert title.text == "A <b> & c"
    assert "<script> 1" in description.text
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert chart.svg == bars("name", "A <b> & c", {"<script>": 1}).svg


def test_long_labels_are_broken_and_then_cut():
    assert wrapped("one two three", 10, 60) == ["one two", "three"]
    assert wrapped("one two three four five six", 10, 50)[-1].endswith("…")
    assert without_remark("Criterion 17 (placeholder: the real list is not public)") == "Criterion 17"
    assert without_remark("Other (sea)") == "Other (sea)"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.2, "FRACTION", "20\u202f%"),
        (0.025, "FRACTION", "2.5\u202f%"),
        (20000, None, "20\u202f000"),
        (2.5, None, "2.5"),
    ],
)
def test_ticks_have_no_more_decimals_than_they_need(value, unit, text):
    assert tick_text(value, unit) == text
