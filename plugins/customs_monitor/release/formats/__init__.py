"""The formats in which a table is published, one module each.

Parquet comes first and is the table; every other format is written from it and must read back to the same cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from customs_monitor.release.formats.comma_separated import CsvFormat


class DataFormat(Protocol):
    """A format beside Parquet."""

    suffix: str
    """What follows the table's name in the name of the file."""

    def write(self, parquet: Path, target: Path) -> None:
        """Write the rows of a Parquet file, in their order."""

    def read(self, path: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """Read a file back, in batches of any size, as the columns and types of the Parquet file."""


#: The gate holds each of them against Parquet, cell by cell.
FORMATS: tuple[DataFormat, ...] = (CsvFormat(),)
