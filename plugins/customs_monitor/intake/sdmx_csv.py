"""SDMX-CSV 1.0 and 2.0 to Arrow: delimited text whose cells and column names may carry labels.

Field guides: https://github.com/sdmx-twg/sdmx-csv (data message). With `labels=both` a header is `FREQ: Frequency`
and a cell `M: Monthly`; both are reduced to the code. Version 2.0 may add a sub-field separator to a name
(`STRUCTURE[;]`, `TITLE[]`), which is no part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from customs_monitor.contracts.formats import CsvFormat, SdmxCsvFormat
from customs_monitor.intake.delimited import open_delimited
from customs_monitor.intake.errors import IntakeError
from customs_monitor.intake.limits import DEFAULT_LIMITS, Limits
from customs_monitor.intake.table import RawTable, name_columns, schema_of

#: Columns of the message itself, in both versions; what they say is about the file, not about an observation.
MESSAGE_COLUMNS = frozenset(
    {"DATAFLOW", "STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION", "SERIES_KEY", "OBS_KEY"}
)

_SUBFIELD = re.compile(r"\[.?\]$")
# An SDMX identifier, or a reference such as ESTAT:DS-045409(1.0), before a colon and a blank.
_CODE_BEFORE_LABEL = r"^([A-Za-z0-9_@$:().+\-]+): .*$"


def open_sdmx_csv(path: Path, fmt: SdmxCsvFormat, limits: Limits = DEFAULT_LIMITS) -> RawTable:
    """Open an SDMX-CSV data message; `DATAFLOW` or `STRUCTURE`, `STRUCTURE_ID` and `ACTION` stay columns.

    Raises:
        IntakeError: `SDMX_CSV_HEADER` where the first column is neither, or what delimited text raises.
    """
    table = open_delimited(path, CsvFormat(), limits)
    header = [_SUBFIELD.sub("", name) for name in table.columns]
    labelled = [": " in name for name in header]
    columns = name_columns([name.split(": ", 1)[0] for name in header], limits)
    if not is_sdmx_header(columns):
        raise IntakeError(
            "SDMX_CSV_HEADER",
            f"The first column is {columns[0]!r}; SDMX-CSV begins with DATAFLOW (1.0) or STRUCTURE (2.0).",
            "Ask the source for SDMX-CSV, or send the file under a CSV layout.",
            line=1,
        )
    reduced = [any(labelled)] * 2 + labelled[2:]  # the first columns carry labels whenever any does
    return RawTable(columns, _without_labels(table, columns, reduced), table.problems)


def is_sdmx_header(columns: tuple[str, ...]) -> bool:
    """Whether the column names are those of an SDMX-CSV data message."""
    first = columns[0]
    return first == "DATAFLOW" or (first == "STRUCTURE" and "STRUCTURE_ID" in columns[1:2])


def _without_labels(table: RawTable, columns: tuple[str, ...], reduced: list[bool]) -> Iterator[pa.RecordBatch]:
    schema = schema_of(columns)
    for batch in table.batches():
        line, *values = batch.columns
        cells = [
            pc.replace_substring_regex(value, _CODE_BEFORE_LABEL, r"\1") if reduce else value
            for value, reduce in zip(values, reduced, strict=False)
        ]
        yield pa.RecordBatch.from_arrays([line, *cells], schema=schema)
