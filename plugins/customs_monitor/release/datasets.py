"""The tables of a release: what each is called and means, and the files it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from customs_monitor.collection.records import Record
from customs_storage.parquet import write_parquet

Kind = Literal["indicators", "marts"]

_BATCH_ROWS = 65_536

#: The columns of every indicator, with a label and what they mean; the dimensions stand before MEASURE.
OBSERVATION_COLUMNS: Mapping[str, tuple[str, str]] = {
    "INDICATOR": ("Indicator", "Id of the indicator."),
    "FREQ": ("Frequency", "A annual, Q quarterly, M monthly, D daily; A2, A3 ... a cycle of that many years."),
    "REF_AREA": ("Area", "Country code of the EU, or EU27_2020 for the European Union."),
    "TIME_PERIOD": ("Period", "Period the figure is for: 2026, 2026-Q3, or a cycle such as 2018-2020."),
    "MEASURE": ("Measure", "What is measured."),
    "UNIT_MEASURE": ("Unit", "Unit of the figure."),
    "OBS_VALUE": ("Value", "The figure; empty where it is missing or not public, and OBS_STATUS says which."),
    "OBS_STATUS": ("Status", "A normal, P provisional, L not delivered, Q suppressed, D definition differs."),
    "CONF_STATUS": ("Confidentiality", "F free; C confidential: the value is not public."),
    "N_SENDERS": ("Senders", "Number of senders that delivered for the period."),
    "N_EXPECTED": ("Senders expected", "Number of senders that were expected to deliver for the period."),
}


def observation_columns(dimensions: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of an indicator with these dimensions, in their order."""
    names = tuple(OBSERVATION_COLUMNS)
    place = names.index("MEASURE")
    return (*names[:place], *dimensions, *names[place:])


class Column(Record):
    """A column as its reader sees it; `codelist` is the list its codes are in."""

    name: str
    label: str
    description: str
    unit: str | None = None
    codelist: str | None = None


class Dataset(Record):
    """A table of the release.

    Attributes:
        kind: the folder it is published in.
        id: its name there.
        relation: where the build has it, `schema.table`.
        key: the columns of which every combination occurs once.
        public: whether it is published at all; what is not goes to `restricted/` only.
    """

    kind: Kind
    id: str
    relation: str
    title: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    public: bool = True

    @property
    def stem(self) -> str:
        """Path of its files in the release, without the suffix."""
        return f"{self.kind}/{self.id}/{self.id}"


def write_dataset(database: duckdb.DuckDBPyConnection, dataset: Dataset, public: Path, restricted: Path) -> int:
    """Write a table as Parquet, in an order that depends on its rows alone.

    Confidential cells lose their value in the public file (CONF_STATUS C, OBS_STATUS Q), confidential rows of a mart
    all but their key and senders; where there are any, or the table is not public, the full table goes to the
    restricted files.

    Args:
        database: the build.
        dataset: the table.
        public: folder of the public release.
        restricted: folder of the restricted one.

    Returns:
        The number of rows.
    """
    columns = [name for name, *_ in database.execute(f"DESCRIBE {dataset.relation}").fetchall()]
    confidential = confidentiality_column(columns)
    # Confidentiality of a cell that may not be published (SDMX CL_CONF_STATUS): all but F (free).
    hidden = f"coalesce({confidential}, 'F') <> 'F'" if confidential else None
    rows = 0
    if dataset.public:
        replaced = f" REPLACE ({', '.join(_without_values(dataset, columns, hidden))})" if hidden else ""
        rows = _write(database, f"SELECT *{replaced} FROM {dataset.relation}", public / f"{dataset.stem}.parquet")
    if not dataset.public or (hidden and _any(database, f"SELECT 1 FROM {dataset.relation} WHERE {hidden}")):
        rows = _write(database, f"SELECT * FROM {dataset.relation}", restricted / f"{dataset.stem}.parquet")
    return rows


def confidentiality_column(columns: Sequence[str]) -> str | None:
    """Return the column that says whether a row is confidential, None if the table has none."""
    return next((name for name in columns if name.upper() == "CONF_STATUS"), None)


def confidential_values(dataset: Dataset, columns: Sequence[str]) -> list[str]:
    """Return the columns that a confidential row of the public file leaves empty.

    Of a mart that is all but its key, its status and its senders.
    """
    if dataset.kind == "indicators":
        return ["OBS_VALUE"]
    return [name for name in columns if name not in {*dataset.key, "conf_status", "n_senders", "n_expected"}]


def _without_values(dataset: Dataset, columns: Sequence[str], hidden: str) -> list[str]:
    """Return what a confidential row shows instead."""
    shown = dict.fromkeys(confidential_values(dataset, columns), "NULL")
    if dataset.kind == "indicators":
        shown |= {"OBS_STATUS": "'Q'", "CONF_STATUS": "'C'"}
    else:
        shown |= {"conf_status": "'C'"}
    return [f"CASE WHEN {hidden} THEN {value} ELSE {name} END AS {name}" for name, value in shown.items()]


def read_rows(path: Path) -> list[Mapping[str, object]]:
    """Return the rows of a Parquet file."""
    return list(pq.read_table(path).to_pylist())


def _write(database: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    reader = database.execute(f"{query} ORDER BY ALL").to_arrow_reader(_BATCH_ROWS)
    schema = pa.schema([pa.field(field.name, field.type) for field in reader.schema])
    return write_parquet((batch.cast(schema) for batch in reader), path, schema)


def _any(database: duckdb.DuckDBPyConnection, query: str) -> bool:
    return bool(database.execute(f"SELECT EXISTS ({query})").fetchone() == (True,))
