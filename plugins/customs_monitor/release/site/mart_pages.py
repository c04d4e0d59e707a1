"""The pages of published tables that are no indicators."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from customs_monitor.release.contents import MartEntry
from customs_monitor.release.datasets import Column, Dataset
from customs_monitor.release.site import wording
from customs_monitor.release.site.mart_charts import mart_charts
from customs_monitor.release.site.origin import Origins
from customs_monitor.release.site.rendering import Pages
from customs_monitor.release.site.wording import Labels

#: Rows of the table on a page; the downloads have all.
ROWS_SHOWN = 100
_PERIODS = ("time_period", "reference_period", "cycle")


def write_mart_page(pages: Pages, mart: MartEntry, folder: Path, labels: Labels, origins: Origins) -> None:
    """Write the page of a table.

    Args:
        pages: writes it.
        mart: the table.
        folder: the public files of the release.
        labels: of the codes.
        origins: finds the deliveries behind it.
    """
    dataset = mart.dataset
    parquet = folder / f"{dataset.stem}.parquet"
    rows = _latest_rows(parquet, dataset)
    pages.write(
        f"marts/{dataset.id}.html",
        "mart",
        mart=mart,
        rows=[[_cell(row[column.name], column, labels) for column in dataset.columns] for row in rows],
        numbers=[_is_number(field.type) for field in pq.read_schema(parquet)],
        charts=pages.save(mart_charts(dataset.id, parquet, labels)),
        downloads=pages.downloads(dataset),
        origin=origins.of_feeds(mart.feeds, dataset.relation.rpartition(".")[2]),
    )


def _cell(value: object, column: Column, labels: Labels) -> tuple[str, str]:
    """Return the text of a cell and, for a code, its label where that says more."""
    if not isinstance(value, str):
        return wording.cell(value), ""
    label = labels.of_column(column.name, column.codelist, value)
    return wording.cell(value), label if label != value else ""


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _latest_rows(parquet: Path, dataset: Dataset) -> list[Mapping[str, object]]:
    """Return the first rows of a table for its page, the last period first."""
    names = [column.name for column in dataset.columns]
    periods = [f'"{name}" DESC' for name in names if name in _PERIODS]
    order = ", ".join([*periods, *(f'"{name}"' for name in names if name not in _PERIODS)])
    with duckdb.connect() as database:
        rows = database.read_parquet(str(parquet)).order(order).limit(ROWS_SHOWN)
        return list(rows.to_arrow_table().to_pylist())
