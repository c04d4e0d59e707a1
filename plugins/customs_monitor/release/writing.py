"""The data files of a release: every table in every format, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from customs_monitor.contracts import Registry
from customs_monitor.release.contents import CONTENTS, Contents
from customs_monitor.release.datasets import Dataset, write_dataset
from customs_monitor.release.formats import FORMATS, OBSERVATION_FORMATS
from customs_monitor.release.formats.csvw import csv_metadata
from customs_monitor.release.formats.indicator_table import indicator_tables


def write_data(
    database: Path, contents: Contents, public: Path, restricted: Path, registry: Registry | None = None
) -> dict[str, int]:
    """Write all tables and the release's contents.

    What is not public is kept as Parquet and CSV alone: its few readers work with programs.

    Args:
        database: the build's DuckDB file.
        contents: what the tables are.
        public: folder of the public release, made if need be.
        restricted: folder of the restricted one; stays absent where everything is public.
        registry: the codelists; None takes those of the project.

    Returns:
        The rows of each table by its id.
    """
    public.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = {item.id: write_dataset(connection, item, public, restricted) for item in contents.datasets}
    for folder in (public, restricted):
        _write_formats(folder, contents.datasets)
    for table in indicator_tables(contents, registry or Registry.load()):
        parquet = public / f"{table.dataset.stem}.parquet"
        for form in OBSERVATION_FORMATS:
            form.write(table, parquet, public / f"{table.dataset.stem}.{form.suffix}")
    (public / CONTENTS).write_bytes(contents.to_json())
    return rows


def _write_formats(folder: Path, datasets: Iterable[Dataset]) -> None:
    for dataset in datasets:
        parquet = folder / f"{dataset.stem}.parquet"
        if not parquet.is_file():
            continue
        for form in FORMATS:
            form.write(parquet, folder / f"{dataset.stem}.{form.suffix}")
        metadata = csv_metadata(dataset, pq.read_schema(parquet))
        (folder / f"{dataset.stem}.csv-metadata.json").write_bytes(metadata)
