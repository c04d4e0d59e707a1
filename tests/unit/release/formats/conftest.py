"""The table of one indicator, and its rows as a Parquet file."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from customs_monitor.contracts import Registry
from customs_monitor.release.contents import Contents, FeedEntry, IndicatorEntry, MartEntry
from customs_monitor.release.datasets import OBSERVATION_COLUMNS, Column, Dataset, observation_columns
from customs_monitor.release.formats import FORMATS, OBSERVATION_FORMATS
from customs_monitor.release.formats.indicator_table import IndicatorTable
from support.releases import SPEC

COLUMNS = observation_columns(SPEC.dimensions)
SCHEMA = pa.schema(
    [
        pa.field(name, pa.float64() if name == "OBS_VALUE" else pa.int64() if name.startswith("N_") else pa.string())
        for name in COLUMNS
    ]
)
#: Area, period, element of the CRMF, measure, unit, value, status, confidentiality, senders.
ROWS = [
    ("AT", "2018-2020", "_T", "MEAN", "SCORE", None, "Q", "C", 2),
    ("BE", "2018-2020", "_T", "MEAN", "SCORE", 2.75, "A", "F", 2),
    ("BE", "2018-2020", "_T", "SHARE_3_4", "FRACTION", 2 / 3, "A", "F", 2),
    ("EL", "2018-2020", "_T", "MEAN", "SCORE", None, "L", "F", 2),
    ("EU27_2020", "2018-2020", "CRC", "COUNT_4", "PURE_NUMB", 11.0, "P", "F", 2),
    ("EU27_2020", "2018-2020", "_T", "COUNT_4", "PURE_NUMB", 0.0, "P", "F", 2),
    ("EU27_2020", "2021-2022", "_T", "COUNT_4", "PURE_NUMB", 12345.5, "D", "F", 3),
]


def _observations(rows: Sequence[Sequence[Any]] = ROWS) -> pa.Table:
    table = pa.Table.from_pylist(
        [
            dict(
                zip(
                    COLUMNS,
                    ("o4-3", "A2" if period == "2021-2022" else "A3", area, period, *rest[:-1], rest[-1], 3),
                    strict=True,
                )
            )
            for area, period, *rest in rows
        ],
        schema=SCHEMA,
    )
    return table.sort_by([(name, "ascending") for name in COLUMNS])


@pytest.fixture(scope="session")
def observations() -> Callable[..., pa.Table]:
    """Make a table of rows as a release has them, in the order of all columns; without rows those of the example."""
    return _observations


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    labels = {name: label for name, (label, _) in OBSERVATION_COLUMNS.items()} | {"CRMF_ELEMENT": "Element"}
    meanings = {name: meaning for name, (_, meaning) in OBSERVATION_COLUMNS.items()}
    return Dataset(
        kind="indicators",
        id=SPEC.id,
        relation="indicators.o4_3",
        title=SPEC.title,
        description=SPEC.definition,
        columns=tuple(
            Column(name=name, label=labels[name], description=meanings.get(name, "Part of the CRMF."))
            for name in COLUMNS
        ),
        key=tuple(name for name in COLUMNS if name not in COLUMNS[COLUMNS.index("UNIT_MEASURE") :]),
    )


@pytest.fixture(scope="session")
def contents(dataset: Dataset) -> Contents:
    feed = FeedEntry(
        id="survey_results",
        name="Answers to the questionnaire",
        source_system="SWD(2021) 2",
        owner="TAXUD",
        legal_basis="Regulation (EU) No 952/2013, Article 46",
        licence="COM_REUSE",
        cadence="cycle",
        purpose="Answers.",
        limitations="Distributions only.",
    )
    entry = IndicatorEntry(
        id=SPEC.id,
        title=SPEC.title,
        table="3",
        objectives="4",
        level="result",
        unit="score 1-4",
        source="MS questionnaire",
        frequency="cycle",
        state="published",
        reason="",
        spec=SPEC,
        dataset=dataset,
        rows=len(ROWS),
        feeds=(feed.id,),
        synthetic=False,
    )
    mart = MartEntry(
        dataset=Dataset(
            kind="marts",
            id="survey",
            relation="marts.mart_survey",
            title="Survey",
            description="All answers.",
            columns=(Column(name="cycle", label="Cycle", description="Reporting cycle."),),
        ),
        rows=1,
        feeds=(feed.id,),
        synthetic=True,
    )
    return Contents(indicators=(entry,), marts=(mart,), feeds={feed.id: feed}, findings=(), checks=(), lineage={})


@pytest.fixture(scope="session")
def table(contents: Contents, registry: Registry) -> IndicatorTable:
    found = IndicatorTable.of(contents.indicators[0], contents, registry)
    assert found is not None
    return found


@pytest.fixture
def parquet(tmp_path: Path) -> Callable[[pa.Table], Path]:
    """Write rows as Parquet."""

    def written(rows: pa.Table) -> Path:
        path = tmp_path / "o4-3.parquet"
        pq.write_table(rows, path)
        return path

    return written


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with the file of that name in `golden/`; CUSTOMS_MONITOR_GOLDEN=write writes it, to be read."""

    def compared(name: str, text: str) -> None:
        path = Path(__file__).parent / "golden" / name
        if os.environ.get("CUSTOMS_MONITOR_GOLDEN") == "write":
            path.write_bytes(text.encode("utf-8"))
        assert text == path.read_bytes().decode("utf-8")

    return compared


@pytest.fixture
def release(contents: Contents, table: IndicatorTable, tmp_path: Path) -> Path:
    """The public data files of a release: the indicator in every format, and one other table."""
    folder = tmp_path / "release"
    mart = pa.table({"cycle": ["2018-2020"]})
    for dataset, rows in ((table.dataset, _observations()), (contents.marts[0].dataset, mart)):
        stem = folder / dataset.stem
        stem.parent.mkdir(parents=True)
        pq.write_table(rows, stem.with_name(f"{dataset.id}.parquet"))
        for plain in FORMATS:
            plain.write(stem.with_name(f"{dataset.id}.parquet"), stem.with_name(f"{dataset.id}.{plain.suffix}"))
    for form in OBSERVATION_FORMATS:
        stem = folder / table.dataset.stem
        form.write(table, stem.with_name("o4-3.parquet"), stem.with_name(f"o4-3.{form.suffix}"))
    return folder
