"""JSON-stat 2.0, the format of statistical cubes for programs on the web (https://json-stat.org/full/)."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from customs_monitor.release.formats.csvw import LICENCE
from customs_monitor.release.formats.file_kind import FileKind
from customs_monitor.release.formats.indicator_table import IndicatorTable

_VALUE, _STATUS = "OBS_VALUE", "OBS_STATUS"
_ROLES = {"time": ["TIME_PERIOD"], "geo": ["REF_AREA"], "metric": ["MEASURE"]}


class JsonStatFormat:
    """One dataset per indicator; its cells are numbered row by row over the categories of its dimensions.

    The cube is sparse: `value` has the cells with a figure, `status` (OBS_STATUS) all cells that are rows of the table.
    A cell that is in neither is no row. The other attributes are in `extension.attributes`: the value that most cells
    have, and the cells that have another one.
    """

    suffix = "jsonstat.json"
    kind = FileKind("JSON-stat 2.0: for web applications", "application/json", "JSON", "https://json-stat.org/full/")

    def write(self, table: IndicatorTable, parquet: Path, target: Path) -> None:
        """Write the observations of a Parquet file."""
        rows = pq.read_table(parquet)
        columns = {name: rows.column(name).to_pylist() for name in rows.column_names}
        categories = {name: table.in_order(name, set(columns[name])) for name in table.dimensions}
        numbers = _numbers(categories, columns)
        by_number = sorted(range(rows.num_rows), key=numbers.__getitem__)
        attributes = [name for name in rows.column_names if name not in (*table.dimensions, _VALUE, _STATUS)]
        document = {
            "version": "2.0",
            "class": "dataset",
            "label": table.spec.title,
            "source": "; ".join(f"{feed.name} ({feed.source_system})" for feed in table.feeds),
            "note": _notes(table),
            "link": {"license": [{"type": "text/html", "href": LICENCE}]},
            "role": _ROLES,
            "id": list(categories),
            "size": [len(codes) for codes in categories.values()],
            "dimension": {name: _dimension(table, name, codes, columns) for name, codes in categories.items()},
            "value": {
                str(numbers[row]): value
                for row in by_number
                # JSON has no infinity; the gate refuses such a figure in the Parquet file.
                if (value := columns[_VALUE][row]) is not None and math.isfinite(value)
            },
            "status": {str(numbers[row]): columns[_STATUS][row] for row in by_number},
            "extension": {
                "indicator": table.spec.id,
                "version": table.spec.version,
                "synthetic": table.entry.synthetic,
                "status": _meanings(table, _STATUS, columns[_STATUS]),
                "attributes": {name: _attribute(table, name, columns[name], numbers) for name in attributes},
            },
        }
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        target.write_bytes(text.encode("utf-8") + b"\n")

    def read(self, table: IndicatorTable, path: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """Read the file back, in the order of the Parquet file: that of the codes of its dimensions."""
        document = json.loads(path.read_bytes())
        if document["id"] != list(table.dimensions):
            raise ValueError(f"the dimensions are {', '.join(document['id'])} not {', '.join(table.dimensions)}")
        codes = [document["dimension"][name]["category"]["index"] for name in document["id"]]
        if [len(found) for found in codes] != document["size"]:
            raise ValueError(f"size is {document['size']}, the categories are {[len(found) for found in codes]}")
        status, values = document["status"], document["value"]
        if lost := values.keys() - status.keys():
            raise ValueError(f"cells {', '.join(sorted(lost))} have a value and no status")
        keys = {number: _place(int(number), codes) for number in status}
        order = sorted(keys, key=keys.__getitem__)
        columns: dict[str, list[Any]] = {
            name: [keys[number][place] for number in order] for place, name in enumerate(document["id"])
        }
        columns[_VALUE] = [values.get(number) for number in order]
        columns[_STATUS] = [status[number] for number in order]
        for name, attribute in document["extension"]["attributes"].items():
            cells, default = attribute["cells"], attribute["default"]
            columns[name] = [cells.get(number, default) for number in order]
        yield pa.RecordBatch.from_pydict({name: columns[name] for name in schema.names}, schema=schema)


def _numbers(categories: Mapping[str, Sequence[str]], columns: Mapping[str, Sequence[Any]]) -> list[int]:
    """Return the number of each row's cell: its place when all cells are listed, the last dimension running fastest."""
    numbers = [0] * len(columns[_VALUE])
    for name, codes in categories.items():
        places = {code: place for place, code in enumerate(codes)}
        size = len(codes)
        numbers = [number * size + places[code] for number, code in zip(numbers, columns[name], strict=True)]
    return numbers


def _place(number: int, codes: Sequence[Sequence[str]]) -> tuple[str, ...]:
    found = []
    for dimension in reversed(codes):
        number, place = divmod(number, len(dimension))
        found.append(dimension[place])
    return tuple(reversed(found))


def _dimension(
    table: IndicatorTable, name: str, codes: Sequence[str], columns: Mapping[str, Sequence[Any]]
) -> dict[str, Any]:
    category: dict[str, Any] = {"index": list(codes), "label": {code: table.label(name, code) for code in codes}}
    if name == "MEASURE":
        units: dict[str, set[str]] = {}
        for code, unit in zip(columns[name], columns["UNIT_MEASURE"], strict=True):
            units.setdefault(code, set()).add(unit)
        category["unit"] = {
            code: {"label": table.label("UNIT_MEASURE", *units[code])} for code in codes if len(units[code]) == 1
        }
    return {"label": table.column(name).label, "category": category}


def _attribute(table: IndicatorTable, name: str, values: Sequence[Any], numbers: Sequence[int]) -> dict[str, Any]:
    ((default, _),) = Counter(values).most_common(1) or [(None, 0)]
    return {
        "label": table.column(name).label,
        **({"category": _meanings(table, name, values)} if table.is_coded(name) else {}),
        "default": default,
        "cells": {
            str(number): value for number, value in sorted(zip(numbers, values, strict=True)) if value != default
        },
    }


def _meanings(table: IndicatorTable, name: str, values: Sequence[str]) -> dict[str, str]:
    return {code: table.label(name, code) for code in sorted(set(values))}


def _notes(table: IndicatorTable) -> list[str]:
    notes = [table.spec.definition, f"Formula: {table.spec.formula}", f"Limits: {table.spec.limits}"]
    if table.entry.synthetic:
        notes.insert(0, "Synthetic, in whole or in part: made up from deliveries that say nothing of the real world.")
    return [" ".join(note.split()) for note in notes]
