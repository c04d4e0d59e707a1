"""SDMX-CSV 2.0: the CSV of SDMX 3.0, which names the structure of each row (SDMX-CSV field guide 2.0)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from customs_monitor.release.formats.comma_separated import CsvFormat
from customs_monitor.release.formats.file_kind import FileKind
from customs_monitor.release.formats.indicator_table import IndicatorTable
from customs_monitor.release.formats.sdmx_ids import STRUCTURES, plain_period, sdmx_period, structure_reference
from customs_monitor.release.formats.session import open_session

#: What stands before the observation: that the row is of a dataflow, of which, and that it informs (no update command).
_STRUCTURE = ("STRUCTURE", "STRUCTURE_ID", "ACTION")
_PERIOD = "TIME_PERIOD"
_MEASURE = "OBS_VALUE"


class SdmxCsvFormat:
    """Written by DuckDB and read back by Arrow, as plain CSV is."""

    suffix = "sdmx.csv"
    kind = FileKind("SDMX-CSV 2.0: for statistical systems", "text/csv", "CSV", STRUCTURES)

    def write(self, table: IndicatorTable, parquet: Path, target: Path) -> None:
        """Write the observations: dimensions, value and attributes; cycles as SDMX writes them."""
        with open_session() as database:
            rows = database.read_parquet(str(parquet))
            periods = [period for (period,) in rows.project(_PERIOD).distinct().fetchall() if period is not None]
            fixed = [f"{_text(value)} AS {name}" for name, value in zip(_STRUCTURE, _values(table), strict=True)]
            cells = [_in_sdmx(periods) if name == _PERIOD else f'"{name}"' for name in _columns(table, rows.columns)]
            rows.select(", ".join([*fixed, *cells])).write_csv(
                str(target), sep=",", header=True, na_rep="", encoding="utf-8"
            )

    def read(self, table: IndicatorTable, path: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """Read the file back."""
        declared = pa.schema(
            [pa.field(name, pa.string()) for name in _STRUCTURE]
            + [schema.field(name) for name in _columns(table, schema.names)]
        )
        for batch in CsvFormat().read(path, declared):
            if batch.schema.names != declared.names:
                raise ValueError(f"the header is {','.join(batch.schema.names)} instead of {','.join(declared.names)}")
            for name, value in zip(_STRUCTURE, _values(table), strict=True):
                if found := set(batch.column(name).unique().to_pylist()) - {value}:
                    raise ValueError(f"{name} is {', '.join(sorted(map(str, found)))} instead of {value}")
            columns = {name: batch.column(name) for name in schema.names}
            columns[_PERIOD] = _plain(columns[_PERIOD])
            yield pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def _values(table: IndicatorTable) -> tuple[str, str, str]:
    return "dataflow", structure_reference(table.spec), "I"


def _columns(table: IndicatorTable, names: list[str]) -> list[str]:
    """Return the columns as SDMX-CSV orders them, the time dimension last as in the data structure."""
    dimensions = [name for name in table.dimensions if name != _PERIOD]
    attributes = [name for name in names if name not in (*table.dimensions, _MEASURE)]
    return [*dimensions, _PERIOD, _MEASURE, *attributes]


def _in_sdmx(periods: list[str]) -> str:
    changed = {period: sdmx_period(period) for period in sorted(periods) if sdmx_period(period) != period}
    cases = " ".join(f"WHEN {_text(period)} THEN {_text(written)}" for period, written in changed.items())
    return f"CASE {_PERIOD} {cases} ELSE {_PERIOD} END AS {_PERIOD}" if cases else _PERIOD


def _plain(periods: pa.Array) -> pa.Array:
    encoded = periods.dictionary_encode()
    plain = [plain_period(period) for period in encoded.dictionary.to_pylist()]
    return pa.array(plain, pa.string()).take(encoded.indices)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
