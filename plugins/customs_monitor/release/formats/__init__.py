"""The formats in which a table is published, one module each.

Parquet comes first and is the table; every other format is written from it and must read back to the same cells. Every
table has those of `FORMATS`, the restricted ones too; the public table of an indicator has those of
`OBSERVATION_FORMATS` as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from customs_monitor.release.formats.comma_separated import CsvFormat
from customs_monitor.release.formats.file_kind import FileKind
from customs_monitor.release.formats.indicator_table import IndicatorTable
from customs_monitor.release.formats.json_stat import JsonStatFormat
from customs_monitor.release.formats.sdmx_csv import SdmxCsvFormat
from customs_monitor.release.formats.workbook import WorkbookFormat


class DataFormat(Protocol):
    """A format beside Parquet."""

    suffix: str
    """What follows the table's name in the name of the file."""
    kind: FileKind

    def write(self, parquet: Path, target: Path) -> None:
        """Write the rows of a Parquet file, in their order."""

    def read(self, path: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """Read a file back, in batches of any size, as the columns and types of the Parquet file."""


class ObservationFormat(Protocol):
    """A format that says what the codes and columns of an indicator mean, too."""

    suffix: str
    """What follows the table's name in the name of the file."""
    kind: FileKind

    def write(self, table: IndicatorTable, parquet: Path, target: Path) -> None:
        """Write the observations of a Parquet file; nothing in the file depends on when or where it is written."""

    def read(self, table: IndicatorTable, path: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """Read a file back, in batches of any size, as the columns, types and order of the Parquet file.

        Raises:
            ValueError: if it is not what `write` makes; the message says where.
        """


#: The gate holds each of them against Parquet, cell by cell.
FORMATS: tuple[DataFormat, ...] = (CsvFormat(),)
OBSERVATION_FORMATS: tuple[ObservationFormat, ...] = (WorkbookFormat(), SdmxCsvFormat(), JsonStatFormat())
