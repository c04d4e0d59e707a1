"""Metadata beside a CSV file: CSV on the Web (W3C Recommendation, "Metadata Vocabulary for Tabular Data", 2015)."""

from __future__ import annotations

import json

import pyarrow as pa

from customs_monitor.release.datasets import Dataset

#: Reuse of Commission documents (Decision 2011/833/EU), of the table of licences of the Publications Office.
LICENCE = "http://publications.europa.eu/resource/authority/licence/COM_REUSE"


def csv_metadata(dataset: Dataset, schema: pa.Schema) -> bytes:
    """Return the `csv-metadata.json` of a table; nothing in it depends on when or where it was written."""
    described = {column.name: column for column in dataset.columns}
    columns = []
    for field in schema:
        column = described.get(field.name)
        entry: dict[str, object] = {
            "name": field.name,
            "titles": column.label if column else field.name,
            "datatype": _datatype(field.type),
        }
        if column and column.description:
            entry["dc:description"] = column.description
        if field.name in dataset.key:
            entry["required"] = True
        columns.append(entry)
    document = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": f"{dataset.id}.csv",
        "dc:title": dataset.title,
        "dc:description": dataset.description,
        "dc:license": {"@id": LICENCE},
        "dialect": {"encoding": "utf-8", "delimiter": ",", "quoteChar": '"', "doubleQuote": True, "header": True},
        "tableSchema": {"columns": columns, **({"primaryKey": list(dataset.key)} if dataset.key else {})},
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode("utf-8") + b"\n"


def _datatype(kind: pa.DataType) -> str | dict[str, str]:
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "long" if kind.bit_width == 64 else "integer"
    if pa.types.is_floating(kind):
        return "double"
    if pa.types.is_decimal(kind):
        return "decimal"
    if pa.types.is_date(kind):
        return "date"
    if pa.types.is_timestamp(kind):
        return "dateTime"
    return "string"
