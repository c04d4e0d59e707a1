"""What a file is, by a look at its head: enough for a contract to claim it, never the whole file."""

from __future__ import annotations

import io
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import ijson
from lxml import etree

from customs_monitor.contracts.formats import CsvFormat, ExcelFormat
from customs_monitor.intake.errors import IntakeError
from customs_monitor.intake.excel import open_sheet
from customs_monitor.intake.header import read_head, read_header
from customs_monitor.intake.json_events import NotJson, json_events
from customs_monitor.intake.limits import DEFAULT_LIMITS, Limits
from customs_monitor.intake.sdmx_csv import is_sdmx_header, without_label_columns
from customs_monitor.intake.sdmx_ml import ERROR_ROOTS, GENERIC_ROOTS, SPECIFIC_ROOTS, STRUCTURE_ROOTS
from customs_monitor.intake.source import (
    WORKBOOK_SIGNATURES,
    ByteStream,
    Prefixed,
    binary_kind,
    compression_of,
    open_bytes,
    text_stream,
)
from customs_monitor.intake.table import name_columns
from customs_monitor.intake.xml_events import local_name, xml_events

_LOOK = 65_536
_ENCODING = re.compile(rb"""(?<=\s)encoding\s*=\s*(?:"[^"]*"|'[^']*')""")
_HTML = re.compile(rb"\s*<!DOCTYPE\s+html", re.IGNORECASE)
_EXTENSION_ID = re.compile(rb'"extension"\s*:\s*\{[^{}]*?"id"\s*:\s*"([^"]+)"')


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What the head of a file shows.

    Attributes:
        kind: `csv`, `sdmx-csv`, `excel`, `json-stat`, `json`, `sdmx-ml`, `xml`, `edifact`, `binary`, `text`,
            `empty` or `unreadable`.
        header: Column names of a table; the keys at the top of a JSON document.
        encoding: Of text; None while all bytes seen are ASCII.
        delimiter: Of delimited text.
        sheet: The sheet that would be read.
        compression: `gzip` or None.
        detail: By kind. sdmx-csv: `structure`. json-stat: `label`, `id`. json: `records` (the keys of the first
            record, comma-separated). sdmx-ml: `message` (data, structure, error), `structure`. xml: `root`.
            excel: `sheets`. binary: `format`. unreadable: `code`, `message`.
    """

    kind: str
    header: tuple[str, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    compression: str | None = None
    detail: dict[str, str] = field(default_factory=dict)


def sniff(path: Path, limits: Limits = DEFAULT_LIMITS, *, sheet: str | None = None, header_row: int = 1) -> Sniffed:
    """Look at the head of a file. Never raises for what is in the file.

    Args:
        path: The file.
        limits: `head_bytes` bounds the look; of a workbook, one sheet is opened in a process of its own.
        sheet: The sheet to look at, when it is a workbook; the first with a header and a row when absent.
        header_row: Where a workbook has its column names.
    """
    compression = compression_of(path)
    try:
        with open_bytes(path, limits) as raw:
            head = raw.read(8)
            if head.startswith(WORKBOOK_SIGNATURES) and compression is None:
                return _workbook(path, limits, sheet, header_row)
            kind = binary_kind(head)
            if kind:
                return Sniffed("binary", compression=compression, detail={"format": kind})
            stream, mark = text_stream(Prefixed(head, raw))
            found = _text(stream, mark, compression, limits)
        if found.kind == "json-stat" and compression is None and "id" not in found.detail:
            found.detail.update(_dataset_id(path))
        return found
    except IntakeError as error:
        kind = "empty" if error.code == "FILE_EMPTY" else "unreadable"
        return Sniffed(kind, compression=compression, detail={"code": error.code, "message": error.message})


def _workbook(path: Path, limits: Limits, sheet: str | None, header_row: int) -> Sniffed:
    try:
        found = open_sheet(path, ExcelFormat(sheet=sheet, header_row=header_row), limits, most=1)
        names = name_columns(found.header, limits, header_row)
    except IntakeError as error:
        return Sniffed("excel", sheet=sheet, detail={"code": error.code, "message": error.message})
    return Sniffed("excel", names, sheet=found.name, detail={"sheets": ", ".join(found.names)})


def _text(stream: ByteStream, mark: str | None, compression: str | None, limits: Limits) -> Sniffed:
    head = read_head(stream, limits)
    start = head[:100].lstrip()
    encoding = "utf-8" if mark else None
    if start.startswith((b"UNA", b"UNB+", b"UNH+")):
        return Sniffed("edifact", compression=compression)
    if start.startswith(b"<"):
        # What was turned from UTF-16 into UTF-8 still says that it is UTF-16.
        return _xml(_ENCODING.sub(b"", head[:_LOOK], count=1) if mark == "utf-16" else head[:_LOOK], compression)
    if start.startswith((b"{", b"[")):
        return _json(head[:_LOOK], compression)
    header = read_header(head, CsvFormat(), limits, encoding=encoding, whole=len(head) < limits.head_bytes)
    names = name_columns(without_label_columns(header.cells), limits, header.line)
    bare = tuple(re.sub(r"\[.?\]$", "", name).split(": ", 1)[0] for name in names)
    detail: dict[str, str] = {}
    kind = "csv" if len(names) > 1 else "text"
    if len(names) > 1 and is_sdmx_header(bare):
        kind, names = "sdmx-csv", bare
        detail = _sdmx_csv_detail(head, header.data_start, header.delimiter, bare)
    return Sniffed(kind, names, header.encoding, header.delimiter, None, compression, detail)


def _sdmx_csv_detail(head: bytes, start: int, delimiter: str, names: tuple[str, ...]) -> dict[str, str]:
    """Name the dataflow or structure of the first record."""
    first = head[start:].split(b"\n", 1)[0].decode(errors="replace").split(delimiter)
    position = 0 if names[0] == "DATAFLOW" else 1
    if len(first) <= position:
        return {}
    return {"structure": first[position].strip('" \r').split(": ", 1)[0]}


def _json(head: bytes, compression: str | None) -> Sniffed:
    """Give the keys at the top, every text before the first record, and the path and keys of that record."""
    top: list[str] = []
    detail: dict[str, str] = {}
    record: list[str] = []
    # Of a document that is deeper than any, the paths alone would fill the memory.
    with suppress(NotJson, IntakeError):
        for prefix, event, value in ijson.parse(json_events(io.BytesIO(head))):
            if event == "map_key" and not prefix:
                top.append(value)
            elif event == "start_map" and prefix.endswith("item") and "path" not in detail:
                detail["path"] = prefix
            elif event == "map_key" and prefix == detail.get("path"):
                record.append(value)
            elif event == "end_map" and prefix == detail.get("path"):
                break
            elif event in ("string", "number", "boolean") and "path" not in detail and ".item" not in f".{prefix}":
                detail[prefix] = str(value)[:200]
                if len(detail) == 100:  # a sparse cube: the values have begun
                    break
    if detail.get("class") == "dataset" or {"dimension", "id", "size"} <= set(top):
        kept = {"label": "label", "source": "source", "extension.id": "id"}
        return Sniffed(
            "json-stat",
            tuple(top),
            "utf-8",
            compression=compression,
            detail={new: detail[old] for old, new in kept.items() if old in detail},
        )
    if record:
        detail["keys"] = ",".join(record)
    return Sniffed("json", tuple(top), "utf-8", compression=compression, detail=detail)


def _dataset_id(path: Path) -> dict[str, str]:
    """Look for the dataset's id at the end of the file: Eurostat writes its `extension` after the values."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - _LOOK, 0))
        match = _EXTENSION_ID.search(file.read())
    return {"id": match[1].decode(errors="replace")} if match else {}


def _xml(head: bytes, compression: str | None) -> Sniffed:
    """Name the root, and of an SDMX message the structure it speaks of."""
    detail: dict[str, str] = {}
    kind = "xml"
    try:
        for event, element in xml_events(io.BytesIO(head)):
            name = local_name(element)
            if event == "end":
                continue
            if "root" not in detail:
                namespace = etree.QName(element).namespace or ""
                detail |= {"root": name, "namespace": namespace}
                message = _sdmx_message(name, namespace)
                if message is None:
                    break
                kind = "sdmx-ml"
                detail["message"] = message
            elif name == "Structure" and element.get("structureID"):
                detail.setdefault("structure", str(element.get("structureID")))
            elif name == "Message" and element.get("code"):
                detail["message"] = "error"
            elif element.get("agencyID") and element.get("id") and detail["message"] == "structure":
                detail.setdefault("structure", f"{element.get('agencyID')}:{element.get('id')}")
    except IntakeError as error:
        if error.code == "XML_FORBIDDEN" and not _HTML.match(head):
            # For the reader of such messages to refuse, in its words.
            return Sniffed("sdmx-ml", compression=compression, detail={"code": error.code})
        if error.code != "XML_INVALID" or not detail:  # the look may well end inside an element
            raise
    return Sniffed(kind, (), None, compression=compression, detail=detail)


def _sdmx_message(root: str, namespace: str) -> str | None:
    if "sdmx" not in namespace.lower():
        return None
    if root in STRUCTURE_ROOTS:
        return "structure"
    if root in ERROR_ROOTS:
        return "error"
    return "data" if root in GENERIC_ROOTS | SPECIFIC_ROOTS else None
