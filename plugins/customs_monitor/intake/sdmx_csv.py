"""SDMX-CSV 1.0 and 2.0 to Arrow: delimited text whose cells and column names may carry labels.

Field guides: https://github.com/sdmx-twg/sdmx-csv (data message). With `labels=both` a header is `FREQ: Frequency`
and a cell `M: Monthly`; both are reduced to the code. Version 2.0 may add a sub-field separator to a name
(`STRUCTURE[;]`, `TITLE[]`), which is no part of it. With `labels=name`, which a column `STRUCTURE_NAME` tells, the
label has a column of its own behind each component's; it is not read, as it may have the component's very name.

Version 2.0 may say in `ACTION` what a receiver has to do with an observation. A delivery of ours replaces the one
before it as a whole, so information, append, merge and replace come to the same; one that is to be deleted is no data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import compress
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from customs_monitor.contracts.formats import CsvFormat, SdmxCsvFormat
from customs_monitor.intake.delimited import open_delimited
from customs_monitor.intake.errors import IntakeError, IntakeProblem, shown
from customs_monitor.intake.limits import DEFAULT_LIMITS, Limits
from customs_monitor.intake.table import UNNAMED, RawTable, name_columns, schema_of

#: Columns of the message itself, in both versions; what they say is about the file, not about an observation.
MESSAGE_COLUMNS = frozenset(
    {"DATAFLOW", "STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION", "SERIES_KEY", "OBS_KEY"}
)

_ACTION = "ACTION"
_LABELLED = "STRUCTURE_NAME"
#: Information, append, merge and replace; and the one that takes an observation away.
_ACTIONS_WITH_DATA = pa.array(["I", "A", "M", "R"])
_DELETE = "D"

_SUBFIELD = re.compile(r"\[.?\]$")
# An SDMX identifier, or a reference such as ESTAT:DS-045409(1.0), before a colon and a blank.
_CODE_BEFORE_LABEL = r"^([A-Za-z0-9_@$:().+\-]+): .*$"


def open_sdmx_csv(path: Path, fmt: SdmxCsvFormat, limits: Limits = DEFAULT_LIMITS) -> RawTable:
    """Open an SDMX-CSV data message; `DATAFLOW` or `STRUCTURE`, `STRUCTURE_ID` and `ACTION` stay columns.

    Raises:
        IntakeError: `SDMX_CSV_HEADER` where the first column is neither, or what delimited text raises.

    Records that are to be deleted, or whose action the standard does not know, are left out and become problems.
    """
    table = open_delimited(path, CsvFormat(), limits, without_label_columns)
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
    kept = [not (_LABELLED in columns and name.startswith(UNNAMED)) for name in columns]
    batches = _without_labels(table, columns, reduced, kept)
    columns = tuple(compress(columns, kept))
    # Version 1.0 has no such column of the message; one of that name is the sender's own.
    if columns[0] == "STRUCTURE" and _ACTION in columns:
        batches = _with_data(batches, table.problems, limits)
    return RawTable(columns, batches, table.problems)


def without_label_columns(header: Sequence[str]) -> list[str]:
    """Take the names off the columns that hold the label of the component before; others keep theirs."""
    cells = list(header)
    names = [_SUBFIELD.sub("", cell.strip()) for cell in cells]
    if is_sdmx_header(tuple(names)) and _LABELLED in names:
        first = next((place for place, name in enumerate(names) if name not in MESSAGE_COLUMNS), len(names))
        cells[first + 1 :: 2] = [""] * len(cells[first + 1 :: 2])
    return cells


def is_sdmx_header(columns: tuple[str, ...]) -> bool:
    """Whether the column names are those of an SDMX-CSV data message."""
    first = columns[0]
    return first == "DATAFLOW" or (first == "STRUCTURE" and "STRUCTURE_ID" in columns[1:2])


def _without_labels(
    table: RawTable, columns: tuple[str, ...], reduced: list[bool], kept: list[bool]
) -> Iterator[pa.RecordBatch]:
    schema = schema_of(list(compress(columns, kept)))
    for batch in table.batches():
        line, *values = batch.columns
        cells = [
            pc.replace_substring_regex(value, _CODE_BEFORE_LABEL, r"\1") if reduce else value
            for value, reduce in compress(zip(values, reduced, strict=False), kept)
        ]
        yield pa.RecordBatch.from_arrays([line, *cells], schema=schema)


def _with_data(
    batches: Iterator[pa.RecordBatch], problems: list[IntakeProblem], limits: Limits
) -> Iterator[pa.RecordBatch]:
    """Yield the records that are observations; the others become problems."""
    for batch in batches:
        action = pc.utf8_upper(batch.column(_ACTION))
        has_data = pc.or_(pc.is_null(action), pc.fill_null(pc.is_in(action, _ACTIONS_WITH_DATA), False))
        left_out = batch.filter(pc.invert(has_data))
        for line, text in zip(left_out.column(0).to_pylist(), left_out.column(_ACTION).to_pylist(), strict=True):
            problems.append(_without_data(line, text))
            if len(problems) > limits.problems:
                raise IntakeError(
                    "SDMX_ACTIONS",
                    f"More than {limits.problems:,} records have an ACTION that is none of I, A, M and R.",
                    "Send the observations that are to count, with ACTION I.",
                    line=line,
                )
        if left_out.num_rows < batch.num_rows:
            yield batch.filter(has_data) if left_out.num_rows else batch


def _without_data(line: int, action: str) -> IntakeProblem:
    if action.upper() == _DELETE:
        return IntakeProblem(
            code="SDMX_ACTION_DELETE",
            line=line,
            column=_ACTION,
            value=shown(action),
            message="ACTION is D: the observation is to be deleted, and a delivery holds what is to count.",
            cure="Leave the observation out, and send all that is to count; it replaces the delivery before it.",
        )
    return IntakeProblem(
        code="SDMX_ACTION_UNKNOWN",
        line=line,
        column=_ACTION,
        value=shown(action),
        message=f"ACTION is {action!r}, which SDMX-CSV does not know.",
        cure="Write I (information) in ACTION, or leave the column out.",
    )
