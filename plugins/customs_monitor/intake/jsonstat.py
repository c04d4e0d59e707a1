"""JSON-stat 2.0 datasets to Arrow: a row per observation.

The format (https://json-stat.org/full/) stores a cube as one array in row-major order of its dimensions, or as an
object keyed by the flat index where the cube is sparse. It cannot be read piecewise, because the dimensions may
follow the values; `Limits.document_bytes` bounds it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from customs_monitor.contracts.formats import JsonStatFormat
from customs_monitor.intake.errors import IntakeError
from customs_monitor.intake.limits import DEFAULT_LIMITS, Limits
from customs_monitor.intake.source import open_bytes, read_document, text_stream
from customs_monitor.intake.table import BATCH_ROWS, RawTable, name_columns, schema_of


def open_jsonstat(path: Path, fmt: JsonStatFormat, limits: Limits = DEFAULT_LIMITS) -> RawTable:
    """Read a dataset.

    Returns:
        The columns are the dimension ids in the order of the cube, `value` and `status`; a cell that has neither
        value nor status is no observation. Values keep the digits of the file.

    Raises:
        IntakeError: `JSON_INVALID`, `JSONSTAT_INVALID` or `JSONSTAT_EMPTY`.
    """
    with open_bytes(path, limits) as raw:
        stream, _ = text_stream(raw)
        content = read_document(stream, limits)
    try:
        document = json.loads(content, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise IntakeError(
            "JSON_INVALID", f"The file is not JSON: {error}.", "Send the file again; it may have been cut short."
        ) from error
    cube = _Cube.of(document)
    if not cube.flat.size:
        raise IntakeError(
            "JSONSTAT_EMPTY",
            "The dataset has no observation: every cell is empty.",
            "Check the filters of the query that made it.",
        )
    columns = name_columns([*cube.ids, "value", "status"], limits)
    return RawTable(columns, cube.batches(columns))


def _invalid(message: str) -> IntakeError:
    return IntakeError(
        "JSONSTAT_INVALID",
        f"The file is no JSON-stat 2.0 dataset: {message}.",
        "Ask the source for JSON-stat 2.0, class dataset.",
    )


@dataclass(frozen=True, slots=True)
class _Cube:
    ids: list[str]
    categories: list[pa.Array]
    flat: npt.NDArray[np.int64]
    values: dict[int, str]
    statuses: dict[int, str]

    @classmethod
    def of(cls, document: Any) -> _Cube:
        if not isinstance(document, dict):
            raise _invalid("its top is no object")
        if document.get("class", "dataset") != "dataset" or "dimension" not in document:
            raise _invalid(f"its class is {document.get('class')!r} or it has no dimension")
        ids, sizes = document.get("id"), document.get("size")
        if not isinstance(ids, list) or not isinstance(sizes, list) or len(ids) != len(sizes) or not ids:
            raise _invalid("id and size are not two lists of the same length")
        categories = [_categories(document["dimension"], name) for name in ids]
        for name, size, found in zip(ids, sizes, categories, strict=True):
            if str(len(found)) != str(size):
                raise _invalid(f"dimension {name!r} has {len(found)} categories where size says {size}")
        cells = 1
        for found in categories:
            cells *= len(found)
        values = _cells(document.get("value"), cells, "value")
        statuses = _cells(document.get("status"), cells, "status", given=values)
        try:
            names = [pa.array(found, pa.string()) for found in categories]
        except UnicodeEncodeError as error:
            raise _invalid(f"a category code is no text ({error})") from error
        flat = np.array(sorted(values.keys() | statuses.keys()), dtype=np.int64)
        return cls(ids, names, flat, values, statuses)

    def batches(self, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
        schema = schema_of(columns)
        shape = [len(found) for found in self.categories]
        for start in range(0, self.flat.size, BATCH_ROWS):
            flat = self.flat[start : start + BATCH_ROWS]
            keys = flat.tolist()
            positions = zip(self.categories, np.unravel_index(flat, shape), strict=True)
            dimensions = [codes.take(pa.array(index)) for codes, index in positions]
            yield pa.RecordBatch.from_arrays(
                [
                    pa.array(flat + 1),
                    *dimensions,
                    pa.array([self.values.get(key) for key in keys], pa.string()),
                    pa.array([self.statuses.get(key) for key in keys], pa.string()),
                ],
                schema=schema,
            )


def _categories(dimensions: Any, name: str) -> list[str]:
    """Return the codes of a dimension by position; the index may be a list, an object, or absent for one category."""
    try:
        category = dimensions[name]["category"]
    except (KeyError, TypeError):
        raise _invalid(f"dimension {name!r} has no category") from None
    index = category.get("index")
    if index is None:
        index = list(category.get("label", {}))
        if len(index) != 1:
            raise _invalid(f"dimension {name!r} has no index")
    if isinstance(index, list):
        return [str(code) for code in index]
    ordered = sorted(index.items(), key=lambda item: _position(item[1], name))
    if [_position(position, name) for _, position in ordered] != list(range(len(ordered))):
        raise _invalid(f"the index of dimension {name!r} does not count from 0 without gaps")
    return [code for code, _ in ordered]


def _position(text: Any, name: str) -> int:
    if not isinstance(text, str) or not text.isdecimal():
        raise _invalid(f"{text!r} is no position in {name!r}")
    return int(text)


def _cells(given_cells: Any, cells: int, what: str, given: dict[int, str] | None = None) -> dict[int, str]:
    """Return the non-empty cells by flat index; a status may also be one text for every cell that has a value."""
    if given_cells is None and given is not None:
        return {}
    if isinstance(given_cells, str) and given is not None:
        return dict.fromkeys(given, given_cells)
    if isinstance(given_cells, list):
        if len(given_cells) != cells:
            raise _invalid(f"{what} has {len(given_cells):,} cells where the dimensions make {cells:,}")
        pairs = list(enumerate(given_cells))
    elif isinstance(given_cells, dict):
        pairs = [(_position(key, what), cell) for key, cell in given_cells.items()]
        beyond = [key for key, _ in pairs if key >= cells]
        if beyond:
            raise _invalid(f"{what} has cell {beyond[0]:,} where the dimensions make {cells:,}")
    else:
        raise _invalid(f"{what} is neither a list nor an object")
    return {key: str(cell) for key, cell in pairs if cell is not None and cell != ""}
