"""What a file is, by its head."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from customs_monitor.intake import Limits, sniff

Write = Callable[..., Path]


@pytest.mark.parametrize(
    ("content", "kind", "header"),
    [
        (b"", "empty", ()),
        (b"a;b\n1;2\n", "csv", ("a", "b")),
        (b"Date, USD, \n1, 2, \n", "csv", ("Date", "USD")),
        (b"# A note\n", "text", ("# A note",)),
        (
            b"DATAFLOW,FREQ: Frequency,OBS_VALUE\nESTAT:A(1.0): x,M: m,1\n",
            "sdmx-csv",
            ("DATAFLOW", "FREQ", "OBS_VALUE"),
        ),
        (b'{"lists": {}, "b": 1}', "json", ("lists", "b")),
        (b"UNB+UNOA:2+A+B'", "edifact", ()),
        (b"%PDF-1.7", "binary", ()),
        (b"<html></html>", "xml", ()),
        (b"a,a\n1,2\n", "unreadable", ()),
        (b"\x1f\x8b", "unreadable", ()),
        (b"PK\x03\x04", "excel", ()),
    ],
)
def test_kinds(write: Write, content: bytes, kind: str, header: tuple[str, ...]) -> None:
    found = sniff(write(content))
    assert (found.kind, found.header) == (kind, header)


def test_encoding_delimiter_and_compression(write: Write) -> None:
    found = sniff(write(gzip.compress("Größe;b\n1;2\n".encode("windows-1252"))))
    assert (found.encoding, found.delimiter, found.compression) == ("windows-1252", ";", "gzip")


def test_only_the_head_is_read(write: Write) -> None:
    content = b"a,b\n1,2\n" + b"\x00" * 10_000
    assert sniff(write(content), Limits(head_bytes=8)).kind == "csv"


def test_a_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.active.append([1, 2])
    book.save(tmp_path / "book.bin")
    found = sniff(tmp_path / "book.bin")
    assert (found.kind, found.header, found.sheet) == ("excel", ("a", "b"), "Sheet")


def test_json_gives_the_path_to_the_first_record_and_what_stands_before_it(write: Write) -> None:
    snapshot = {"info": {"snapshotDate": "2025-02-12"}, "lists": {"A": {"entries": [{"code": 1, "name": "x"}]}}}
    found = sniff(write(json.dumps(snapshot)))
    assert found.detail == {"info.snapshotDate": "2025-02-12", "path": "lists.A.entries.item", "keys": "code,name"}


def test_json_stat_is_told_by_its_class_and_named_by_its_extension(write: Write) -> None:
    cube = {
        "version": "2.0", "class": "dataset", "label": "EU trade", "source": "ESTAT",
        "value": {str(number): number for number in range(20_000)},
        "id": ["a"], "size": [20_000], "dimension": {}, "extension": {"lang": "EN", "id": "DS-045409"},
    }  # fmt: skip
    found = sniff(write(json.dumps(cube)))
    assert found.kind == "json-stat"
    assert found.detail == {"label": "EU trade", "source": "ESTAT", "id": "DS-045409"}


def test_sdmx_ml_names_its_structure(write: Write) -> None:
    text = (
        '<m:GenericData xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"><m:Header>'
        '<m:Structure structureID="ECB_EXR1"/></m:Header>' + "<a/>" * 50_000
    )
    found = sniff(write(text))
    assert (found.kind, found.detail["message"], found.detail["structure"]) == ("sdmx-ml", "data", "ECB_EXR1")
