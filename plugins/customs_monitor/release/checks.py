"""The checks of the gate on the tables of a candidate; each yields what is wrong, nothing if all is well."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from customs_monitor.contracts import Registry
from customs_monitor.release.contents import Contents, IndicatorEntry
from customs_monitor.release.datasets import (
    Dataset,
    confidential_values,
    confidentiality_column,
    observation_columns,
)
from customs_monitor.release.formats import FORMATS
from customs_monitor.release.parity import differences

#: OBS_STATUS of a cell that has no value (SDMX CL_OBS_STATUS 2.2).
_WITHOUT_VALUE = ("L", "M", "O", "Q", "H", "K")


@dataclass(frozen=True)
class Reading:
    """A candidate as read back from the store: its contents, and the folders of its public and restricted tables.

    Attributes:
        pages: the paths of the pages of its site.
    """

    contents: Contents
    public: Path
    restricted: Path
    pages: frozenset[str] = frozenset()

    def files(self, dataset: Dataset) -> Iterator[tuple[Path, str]]:
        """Yield the Parquet files of a table, each with how a message calls it."""
        for folder, prefix in ((self.public, ""), (self.restricted, "restricted/")):
            path = folder / f"{dataset.stem}.parquet"
            if path.is_file():
                yield path, f"{prefix}{dataset.stem}"


def columns(reading: Reading, registry: Registry) -> Iterator[str]:
    """Every table is there, with its columns and its key; every indicator has known codes and no unexplained gap."""
    measures = registry.codelists["measure"].by_code
    for dataset in reading.contents.datasets:
        found = list(reading.files(dataset))
        if dataset.public and not (reading.public / f"{dataset.stem}.parquet").is_file():
            yield f"{dataset.stem}.parquet is missing"
        for path, name in found:
            names = tuple(pq.read_schema(path).names)
            if names != tuple(column.name for column in dataset.columns):
                yield f"{name}: has the columns {', '.join(names)}"
    for entry in reading.contents.indicators:
        if entry.spec is None or entry.dataset is None:
            continue
        declared = observation_columns(entry.spec.dimensions)
        if unknown := sorted(set(entry.spec.measures) - set(measures)):
            yield f"{entry.id}: the measures {', '.join(unknown)} are not in cl_measure.csv"
        for path, name in reading.files(entry.dataset):
            if tuple(pq.read_schema(path).names) != declared:
                yield f"{name}: an indicator with its dimensions has the columns {', '.join(declared)}"
                continue
            yield from _cells(path, name, entry)


def parity(reading: Reading, registry: Registry) -> Iterator[str]:
    """Every format has just the cells of the Parquet file."""
    for dataset in reading.contents.datasets:
        for path, name in reading.files(dataset):
            for form in FORMATS:
                other = path.with_name(f"{dataset.id}.{form.suffix}")
                if not other.is_file():
                    yield f"{name}.{form.suffix} is missing"
                    continue
                file = pq.ParquetFile(path)
                try:
                    rows = form.read(other, file.schema_arrow)
                    for difference in differences(file.iter_batches(), rows, file.schema_arrow):
                        yield f"{name}.{form.suffix}: {difference}"
                except (ValueError, KeyError) as error:  # Arrow's errors are ValueErrors
                    yield f"{name}.{form.suffix} cannot be read back: {error}"


def data_tests(reading: Reading, registry: Registry) -> Iterator[str]:
    """No data test of severity error has found a row."""
    for check in reading.contents.checks:
        if check.status not in ("pass", "warn", "success"):
            yield f"{check.name}: {check.status}: {check.message or f'{check.failures} rows'}"


def data_test_warnings(reading: Reading, registry: Registry) -> Iterator[str]:
    """No data test of severity warn has found a row."""
    for check in reading.contents.checks:
        if check.status == "warn":
            yield f"{check.name}: {check.failures} rows"


def disclosure(reading: Reading, registry: Registry) -> Iterator[str]:
    """No public file has a value of a confidential cell, and no restricted table has a public file."""
    for dataset in reading.contents.datasets:
        if not dataset.public and any((reading.public / dataset.kind / dataset.id).glob("*")):
            yield f"{dataset.stem}: is restricted and has public files"
        path = reading.public / f"{dataset.stem}.parquet"
        if not path.is_file():
            continue
        columns = pq.read_schema(path).names
        if (status := confidentiality_column(columns)) is None:
            continue
        told = " OR ".join(f"{name} IS NOT NULL" for name in confidential_values(dataset, columns))
        if count := _count(path, f"coalesce({status}, 'F') <> 'F' AND ({told})"):
            yield f"{dataset.stem}.parquet: {count} confidential cells have a value"


def pages(reading: Reading, registry: Registry) -> Iterator[str]:
    """The site has a page for every indicator, also for those without public figures."""
    for entry in reading.contents.indicators:
        if f"site/indicators/{entry.id}.html" not in reading.pages:
            yield f"{entry.id} has no page"


def coverage(reading: Reading, registry: Registry) -> Iterator[str]:
    """Every figure rests on the share of senders that its specification asks for."""
    low: dict[str, list[str]] = defaultdict(list)
    for entry in reading.contents.indicators:
        if entry.spec is None or entry.dataset is None:
            continue
        threshold = entry.spec.coverage_threshold
        for path, _ in islice(reading.files(entry.dataset), 1):
            periods = duckdb.read_parquet(str(path)).query(
                "cells",
                f"""SELECT TIME_PERIOD, min(N_SENDERS), min(N_EXPECTED) FROM cells
                WHERE N_EXPECTED > 0 AND N_SENDERS < {threshold} * N_EXPECTED
                GROUP BY TIME_PERIOD""",
            )
            for period, senders, expected in periods.fetchall():
                low[f"{period}: {senders} of {expected} senders, below {threshold:.0%}"].append(entry.id)
    for what in sorted(low, reverse=True):
        yield f"{what}: {', '.join(low[what])}"


def _cells(path: Path, name: str, entry: IndicatorEntry) -> Iterator[str]:
    assert entry.spec is not None
    assert entry.dataset is not None
    measures = ", ".join(f"'{measure}'" for measure in entry.spec.measures)
    empty = ", ".join(f"'{status}'" for status in _WITHOUT_VALUE)
    wrong = {
        "rows are of another indicator": f"INDICATOR IS DISTINCT FROM '{entry.id}'",
        "cells have no value and no status that says why": f"OBS_VALUE IS NULL AND OBS_STATUS NOT IN ({empty})",
        "cells have a value and a status that says they have none": (
            f"OBS_VALUE IS NOT NULL AND OBS_STATUS IN ({empty})"
        ),
        "values are no finite number": "OBS_VALUE IS NOT NULL AND NOT isfinite(OBS_VALUE)",
        "cells have a measure that the specification does not name": f"MEASURE NOT IN ({measures})",
        "rows lack a code, a status or a number of senders": " OR ".join(
            f"{column.name} IS NULL" for column in entry.dataset.columns if column.name != "OBS_VALUE"
        ),
        "shares are not between 0 and 1": (
            "UNIT_MEASURE = 'FRACTION' AND MEASURE LIKE 'SHARE%' AND OBS_VALUE NOT BETWEEN 0 AND 1"
        ),
        "means are not between 1 and 4": "UNIT_MEASURE = 'SCORE' AND OBS_VALUE NOT BETWEEN 1 AND 4",
        "cells have more senders than expected": "N_SENDERS > N_EXPECTED",
    }
    for what, condition in wrong.items():
        if count := _count(path, condition):
            yield f"{name}: {count} {what}"
    key = ", ".join(entry.dataset.key)
    twice = duckdb.read_parquet(str(path)).query(
        "cells", f"SELECT count(*) FROM (SELECT 1 FROM cells GROUP BY {key} HAVING count(*) > 1)"
    )
    if count := int((twice.fetchone() or (0,))[0]):
        yield f"{name}: {count} cells occur more than once"


def _count(path: Path, condition: str) -> int:
    row = duckdb.read_parquet(str(path)).filter(condition).aggregate("count(*)").fetchone()
    return int(row[0]) if row else 0
