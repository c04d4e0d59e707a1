"""The one door to all readers."""

from __future__ import annotations

from pathlib import Path

from customs_monitor.contracts.formats import (
    CsvFormat,
    ExcelFormat,
    Format,
    JsonFormat,
    JsonStatFormat,
    SdmxCsvFormat,
    SdmxMlFormat,
)
from customs_monitor.intake.delimited import open_delimited
from customs_monitor.intake.errors import IntakeError
from customs_monitor.intake.excel import open_excel
from customs_monitor.intake.jsonstat import open_jsonstat
from customs_monitor.intake.limits import DEFAULT_LIMITS, Limits
from customs_monitor.intake.records import open_records
from customs_monitor.intake.sdmx_csv import open_sdmx_csv
from customs_monitor.intake.sdmx_ml import open_sdmx_ml
from customs_monitor.intake.table import RawTable


def open_table(path: Path, fmt: Format, limits: Limits = DEFAULT_LIMITS) -> RawTable:
    """Open a file in the format its contract declares; nothing is converted, every value is text.

    Args:
        path: The file, plain or (text formats) gzipped.
        fmt: The format of the contract's layout.
        limits: Bounds of the read.

    Returns:
        The table; its batches can be consumed once.

    Raises:
        IntakeError: The file cannot be read in this format. What is found out later is raised by the batches.
    """
    match fmt:
        case CsvFormat():
            return open_delimited(path, fmt, limits)
        case ExcelFormat():
            return open_excel(path, fmt, limits)
        case JsonStatFormat():
            return open_jsonstat(path, fmt, limits)
        case SdmxCsvFormat():
            return open_sdmx_csv(path, fmt, limits)
        case SdmxMlFormat():
            return open_sdmx_ml(path, fmt, limits)
        case JsonFormat():
            return open_records(path, fmt, limits)
    raise IntakeError("FORMAT_MISMATCH", f"No reader knows {fmt!r}.", "Correct the format in the contract.")
