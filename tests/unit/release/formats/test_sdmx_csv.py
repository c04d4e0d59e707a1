"""SDMX-CSV 2.0, as a person and as pysdmx read it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysdmx.io import read_sdmx

from customs_monitor.release.formats.sdmx_csv import SdmxCsvFormat
from customs_monitor.release.formats.sdmx_ids import plain_period, sdmx_period


@pytest.fixture
def path(table, observations, parquet, tmp_path):
    target = tmp_path / "o4-3.sdmx.csv"
    SdmxCsvFormat().write(table, parquet(observations()), target)
    return target


def test_it_reads_like_this(path, golden):
    golden("o4-3.sdmx.csv", path.read_text(encoding="utf-8"))


def test_pysdmx_reads_it(path):
    (dataset,) = read_sdmx(path).data
    assert dataset.short_urn == "Dataflow=CUSTOMS_MONITOR:O4_3(1.0)"
    assert dataset.action.name == "Information"
    assert len(dataset.data) == 7
    assert set(dataset.data["TIME_PERIOD"]) == {"2018-01-01/P3Y", "2021-01-01/P2Y"}


@pytest.mark.parametrize(
    ("plain", "sdmx"),
    [
        ("2018-2020", "2018-01-01/P3Y"),
        ("2021-2022", "2021-01-01/P2Y"),
        ("2026", "2026"),
        ("2026-Q3", "2026-Q3"),
        ("2026-09", "2026-09"),
        ("2026-09-30", "2026-09-30"),
        ("2020-2018", "2020-2018"),
    ],
)
def test_cycles_are_time_ranges_and_all_else_stays(plain, sdmx):
    assert (sdmx_period(plain), plain_period(sdmx)) == (sdmx, plain)


@given(first=st.integers(1900, 2100), years=st.integers(2, 50))
def test_every_cycle_comes_back(first, years):
    period = f"{first}-{first + years - 1}"
    assert plain_period(sdmx_period(period)) == period


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("O4_3(1.0)", "O4_4(1.0)", "STRUCTURE_ID is .*O4_4"),
        ("dataflow,", "datastructure,", "STRUCTURE is .*datastructure"),
        ("),I,", "),D,", "ACTION is D"),
    ],
)
def test_rows_of_another_structure_are_refused(table, observations, path, old, new, message):
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        list(SdmxCsvFormat().read(table, path, observations().schema))
