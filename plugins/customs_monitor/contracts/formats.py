"""The file formats a layout may name, and what has to be said about each to read it.

Only what cannot be seen in the file is declared. A delimiter, an encoding or a sheet that is left out is detected
by the reader (`customs_monitor.intake`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

#: The data sheet of our own templates: their notes stand on other sheets, which have rows where it has none yet.
TEMPLATE_SHEET = "data"


class _Format(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CsvFormat(_Format):
    """Delimited text, plain, gzipped or alone in a ZIP archive: RFC 4180 with any one-character delimiter."""

    type: Literal["csv"] = "csv"
    delimiter: str | None = Field(default=None, min_length=1, max_length=1, description="Detected when absent.")
    encoding: Literal["utf-8", "windows-1252"] | None = Field(
        default=None, description="Detected when absent: UTF-8 (with or without BOM), else Windows-1252."
    )
    null_values: tuple[str, ...] = Field(default=(), description="Texts that mean a missing value.")
    trim: bool = Field(default=True, description="Strip white space around unquoted and quoted values.")
    escape: Literal["\\"] | None = Field(
        default=None,
        description='The sign before a quote inside quotes, where they are not doubled: `"a \\"b\\""`.',
    )


class ExcelFormat(_Format):
    """XLSX, XLSM, XLSB, ODS or the old binary XLS; formulas are read as their stored values, macros never run."""

    type: Literal["excel"] = "excel"
    sheet: str | None = Field(
        default=None,
        description=f"When absent `{TEMPLATE_SHEET}`, else the first sheet that has a header and a row.",
    )
    header_row: int = Field(default=1, ge=1, description="The sheet row of the column names, counted from 1.")
    null_values: tuple[str, ...] = ()


class JsonStatFormat(_Format):
    """JSON-stat 2.0 dataset: a row per observation; columns are the dimension ids, `value` and `status`."""

    type: Literal["json-stat"] = "json-stat"


class SdmxCsvFormat(_Format):
    """SDMX-CSV 1.0 or 2.0; `CODE: label` cells and headers are reduced to the code."""

    type: Literal["sdmx-csv"] = "sdmx-csv"


class SdmxMlFormat(_Format):
    """SDMX-ML 2.0 to 3.0, data or structure message.

    Data: a row per observation, columns are the series and observation keys and attributes as they are named in the
    message. Structure: a row per code, columns `agency, codelist, version, code, parent, language, name`.
    """

    type: Literal["sdmx-ml"] = "sdmx-ml"
    message: Literal["data", "structure"] = "data"


class JsonFormat(_Format):
    """JSON, plain or gzipped, read as a stream of records.

    `records` is the path to them: dotted keys, `item` for the elements of an array and `*` for every key of an
    object (each such key becomes the column `_key_1`, `_key_2` ... by depth). Nested objects give dotted columns,
    nested arrays are kept as JSON text.

    `envelope` names values outside the records, by dotted keys (`messageInformation.snapshotDate`). Each becomes a
    column of that name with the same text in every record, empty where the document does not have it.
    """

    type: Literal["json"] = "json"
    records: str = "item"
    envelope: tuple[str, ...] = ()


Format = Annotated[
    CsvFormat | ExcelFormat | JsonStatFormat | SdmxCsvFormat | SdmxMlFormat | JsonFormat,
    Field(discriminator="type"),
]
