"""Every format gives back what it was given: any figure, any text, in the order of the Parquet file."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customs_monitor.release.formats import FORMATS, OBSERVATION_FORMATS
from customs_monitor.release.parity import differences

_FIGURES = st.floats(allow_nan=False, allow_infinity=False)
#: A code is one line; what sets lines apart, and NUL, no codelist can hold.
_CODES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
_HOSTILE = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    '=HYPERLINK("http://example.org","x")',
    "\t=1",
    'say "no"',
    "a,b;c",
    "two\nlines",
    "return\rhere",
    "<b>&amp;</b>",
    "]]>",
    "_x0041_",
    " spaces ",
    "Ελλάδα",
    "😀",
    "null",
    "NaN",
    "1e5",
    "007",
    "TRUE",
    "2026-01-01",
)


@st.composite
def _rows(draw: st.DrawFn) -> list[tuple[object, ...]]:
    keys = draw(
        st.lists(
            st.tuples(
                _CODES | st.sampled_from(_HOSTILE),
                st.sampled_from(["2018-2020", "2026", "2026-Q3"]),
                _CODES | st.sampled_from(_HOSTILE),
                st.sampled_from(["MEAN", "SHARE_3_4", "COUNT_1"]),
            ),
            min_size=1,
            max_size=12,
            unique=True,
        )
    )
    rows = []
    for area, period, element, measure in keys:
        value = draw(st.none() | _FIGURES)
        status = draw(st.sampled_from("LQM" if value is None else "APD"))
        unit = draw(st.sampled_from(["SCORE", "FRACTION", "PURE_NUMB", "EUR"]))
        rows.append((area, period, element, measure, unit, value, status, draw(st.sampled_from("FC")), draw(_SENDERS)))
    return rows


_SENDERS = st.integers(0, 2**53)


def _lost(form, table, rows) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "o4-3.parquet", Path(folder) / f"o4-3.{form.suffix}"
        pq.write_table(rows, source)
        context = (table,) if form in OBSERVATION_FORMATS else ()
        form.write(*context, source, target)
        return list(differences(rows.to_batches(), form.read(*context, target, rows.schema), rows.schema))


@pytest.mark.parametrize("form", [*FORMATS, *OBSERVATION_FORMATS], ids=lambda form: form.suffix)
class TestEveryFormat:
    @settings(max_examples=30, deadline=None)
    @given(data=st.data())
    def test_gives_back_any_table(self, form, table, observations, data):
        assert _lost(form, table, observations(data.draw(_rows()))) == []

    def test_gives_back_texts_that_want_to_be_something_else(self, form, table, observations):
        rows = [(text, "2018-2020", text, "MEAN", "SCORE", 1.0, "A", "F", 1) for text in _HOSTILE]
        assert _lost(form, table, observations(rows)) == []

    @pytest.mark.parametrize(
        "value", [0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0, 2.0**53 + 2, 123456789.123456789, 1e16, 1e-7]
    )
    def test_keeps_every_bit_of_a_figure(self, form, table, observations, value):
        assert _lost(form, table, observations([("AT", "2026", "_T", "MEAN", "SCORE", value, "A", "F", 1)])) == []

    def test_tells_missing_from_zero(self, form, table, observations):
        rows = [
            ("AT", "2026", "_T", "MEAN", "SCORE", 0.0, "A", "F", 1),
            ("BE", "2026", "_T", "MEAN", "SCORE", None, "L", "F", 1),
        ]
        assert _lost(form, table, observations(rows)) == []

    def test_gives_the_same_bytes_every_time(self, form, table, observations, parquet, tmp_path, monkeypatch):
        source = parquet(observations())
        context = (table,) if form in OBSERVATION_FORMATS else ()
        written = []
        for zone in ("UTC", "Pacific/Auckland"):
            monkeypatch.setenv("TZ", zone)
            target = tmp_path / f"{zone.replace('/', '-')}.{form.suffix}"
            form.write(*context, source, target)
            written.append(target.read_bytes())
        assert written[0] == written[1]
