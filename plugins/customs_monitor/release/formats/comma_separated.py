"""CSV: UTF-8, comma, decimal point, RFC 4180 quotes, an empty field is a missing value."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from customs_monitor.release.formats.file_kind import FileKind
from customs_monitor.release.formats.session import open_session


class CsvFormat:
    """Written by DuckDB and read back by Arrow: two programs that share no line must agree on every cell."""

    suffix = "csv"
    kind = FileKind("CSV: for spreadsheets and programs", "text/csv", "CSV", "{stem}.csv-metadata.json")

    def write(self, parquet: Path, target: Path) -> None:
        """Write the rows of a Parquet file; figures in the shortest form that reads back to the same number."""
        columns = ", ".join(_cell(field) for field in pq.read_schema(parquet))
        with open_session() as database:
            rows = database.read_parquet(str(parquet)).select(columns)
            rows.write_csv(str(target), sep=",", header=True, na_rep="", encoding="utf-8")

    def read(self, path: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """Read the file back."""
        reader = pc.open_csv(
            path,
            parse_options=pc.ParseOptions(newlines_in_values=True),
            convert_options=pc.ConvertOptions(
                column_types=schema,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                true_values=["true"],
                false_values=["false"],
            ),
        )
        yield from reader


def _cell(field: pa.Field) -> str:
    name = '"' + str(field.name).replace('"', '""') + '"'
    if pa.types.is_timestamp(field.type):
        # As ISO 8601 with its T; DuckDB's own form has a space.
        zone = "Z" if field.type.tz else ""
        return f"strftime({name}, '%Y-%m-%dT%H:%M:%S{zone}') AS {name}"
    return name
