"""XLSX: a workbook that an official can forward as it is, with all that its reader has to know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from customs_monitor.release.formats.file_kind import FileKind
from customs_monitor.release.formats.indicator_table import IndicatorTable
from customs_monitor.release.formats.ooxml import Sheet, Table, write_workbook
from customs_monitor.release.formats.workbook_pages import CREATOR, contents_sheet, notes_sheet
from customs_monitor.release.formats.workbook_rows import (
    STATUS,
    VALUE,
    SheetColumn,
    sheet_columns,
    sheet_rows,
    symbol,
    widths,
)
from customs_storage.hashing import sha256_of

#: Rows of a sheet without its header. Excel has twice as many; a sheet's XML must stay below 2 GB.
_SHEET_ROWS = 500_000
_DATA, _NOTES = "Data", "Notes"


class WorkbookFormat:
    """Sheets: Contents, Data (Data 2 ... where one does not hold it), Notes. Written by us, read back by Calamine."""

    suffix = "xlsx"
    kind = FileKind(
        "XLSX: a workbook with notes, to read and to forward",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "XLSX",
    )

    def write(self, table: IndicatorTable, parquet: Path, target: Path) -> None:
        """Write the observations of a Parquet file."""
        rows = pq.read_table(parquet)
        columns = sheet_columns(table, rows.column_names)
        data = list(_data_sheets(table, rows, columns))
        about = {sheet.name: f"The figures: {sheet.table.rows:,} rows" for sheet in data if sheet.table}
        about |= {_NOTES: "Definition, formula, assumptions, limits, columns"}
        write_workbook(
            target,
            [contents_sheet(table, rows, about, sha256_of(parquet)), *data, notes_sheet(table, columns)],
            title=f"{table.spec.id}: {table.spec.title}",
            subject=" ".join(table.spec.purpose.split()),
            creator=CREATOR,
        )

    def read(self, table: IndicatorTable, path: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """Read the file back; a symbol is a missing value only where OBS_STATUS says so."""
        columns = sheet_columns(table, schema.names)
        try:
            book = CalamineWorkbook.from_path(str(path))
            for name in book.sheet_names:
                if name == _DATA or name.startswith(f"{_DATA} "):
                    header, *lines = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                    if header != [column.header for column in columns]:
                        raise ValueError(f"{name}: the header is {', '.join(map(str, header))}")
                    yield _batch(name, columns, lines, schema)
        except CalamineError as error:
            raise ValueError(f"it is no workbook: {error}") from error


def _data_sheets(table: IndicatorTable, rows: pa.Table, columns: Sequence[SheetColumn]) -> Iterator[Sheet]:
    wide = widths(table, rows, columns)
    for number, first in enumerate(range(0, rows.num_rows, _SHEET_ROWS), start=1):
        part = rows.slice(first, _SHEET_ROWS)
        name = _DATA if number == 1 else f"{_DATA} {number}"
        yield Sheet(
            name,
            wide,
            sheet_rows(table, part, columns),
            Table(
                f"{name.replace(' ', '_')}_{table.spec.table}",
                [column.header for column in columns],
                part.num_rows,
                f"Figures of {table.spec.id}, one per row, with their dimensions, unit, status and number of senders.",
            ),
        )


def _batch(sheet: str, columns: Sequence[SheetColumn], lines: list[list[Any]], schema: pa.Schema) -> pa.RecordBatch:
    places = {column.name: place for place, column in enumerate(columns) if not column.is_label}
    found = {name: [line[place] for line in lines] for name, place in places.items()}
    for number, (value, status) in enumerate(zip(found[VALUE], found[STATUS], strict=True)):
        if isinstance(value, str):
            if value != symbol(status):
                raise ValueError(f"{sheet}, row {number + 2}: {value!r} is no symbol of status {status}")
            found[VALUE][number] = None
    whole = [field.name for field in schema if pa.types.is_integer(field.type)]
    for name in whole:
        found[name] = [_whole(value) for value in found[name]]
    return pa.RecordBatch.from_pydict({name: found[name] for name in schema.names}, schema=schema)


def _whole(value: Any) -> Any:
    """Return a number of a sheet, which are all fractions to it, as a whole number if it is one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
