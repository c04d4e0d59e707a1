"""The reports: complete, parseable, harmless to open, the same bytes each time."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest
from lxml import html

from customs_monitor.validation.report import render, write_reports

from .conftest import Judged, Workshop

#: The properties and obligations of version 1.0.1 of the ESS validation-report structure.
ESS_SCHEMA: dict[str, Any] = {
    "type": "array",
    "items": {
        "oneOf": [
            {
                "required": ["id", "type", "event", "rule", "data", "value"],
                "properties": {
                    "id": {"type": "string"},
                    "type": {"const": "validation"},
                    "event": {"$ref": "#/definitions/event"},
                    "rule": {
                        "required": ["language", "expression", "severity"],
                        "properties": {"severity": {"enum": ["information", "warning", "error"]}},
                    },
                    "data": {"$ref": "#/definitions/data"},
                    "value": {"enum": ["0", "1", "NA"]},
                },
            },
            {
                "required": ["id", "type", "event", "aggregate", "data", "value"],
                "properties": {
                    "type": {"const": "aggregation"},
                    "event": {"$ref": "#/definitions/event"},
                    "aggregate": {"required": ["language", "expression"]},
                    "data": {"$ref": "#/definitions/data"},
                    "value": {"type": "string"},
                },
            },
        ]
    },
    "definitions": {
        "event": {"required": ["time", "actor"]},
        "data": {
            "required": ["source", "target"],
            "properties": {
                "source": {"type": "array", "items": {"type": "array"}},
                "target": {"type": "array", "items": {"type": "array"}},
            },
        },
    },
}

TEXT = 'name,count\n=1+1,x\n"<script>alert(1)</script>",-5\nfine,3\n"two\nlines",y\n'


@pytest.fixture
def judged(workshop: Workshop) -> Judged:
    registry = workshop.registry({"name": {"logicalType": "string"}, "count": {"logicalType": "integer", "minimum": 0}})
    return workshop.judge(registry, TEXT)


def rendered(judged: Judged, format: str) -> str:
    out = io.StringIO()
    render(judged.delivery, judged.judgement, judged.contract, format, out)
    return out.getvalue()


def reports(judged: Judged, folder: Path) -> dict[str, Path]:
    layout = judged.contract.layouts[0]
    paths = write_reports(judged.source, judged.delivery, judged.judgement, judged.contract, layout, folder)
    return {path.name: path for path in paths}


def test_json_has_every_issue_and_the_fixed_keys(judged: Judged) -> None:
    report = json.loads(rendered(judged, "json"))
    assert list(report) == ["feed", "file", "sha256", "sender", "period", "verdict", "rows", "issues"]
    assert report["rows"] == {"read": 4, "accepted": 1, "refused": 3}
    assert list(report["issues"][0]) == [
        "code", "rule", "severity", "level", "line", "column", "value", "message", "cure",
    ]  # fmt: skip
    assert [(issue["line"], issue["value"]) for issue in report["issues"]] == [(2, "x"), (3, "-5"), (5, "y")]


def test_ess_report_follows_the_structure_of_2017(judged: Judged) -> None:
    report = json.loads(rendered(judged, "ess"))
    jsonschema.validate(report, ESS_SCHEMA)
    failed = [item for item in report if item["type"] == "validation" and item["value"] == "0"]
    assert [item["data"]["source"][0][2:] for item in failed] == [
        ["line 2", "count"],
        ["line 3", "count"],
        ["line 5", "count"],
    ]
    assert len({item["id"] for item in report}) == len(report)


def test_html_has_every_issue_and_executes_nothing(judged: Judged) -> None:
    page = rendered(judged, "html")
    tree = html.fromstring(page)
    assert not tree.xpath("//script | //img | //link | //iframe | //*[@onclick]")
    rows = tree.xpath("//details//tbody/tr")
    assert [row.xpath("string(td[1])") for row in rows] == ["3", "2", "5"]
    assert len(tree.xpath("//h1")) == 1
    assert all(cell.get("scope") == "col" for cell in tree.xpath("//th"))
    assert "<script>alert" not in page


def test_a_page_of_html_shows_500_rows_and_all_rows_are_there(workshop: Workshop) -> None:
    registry = workshop.registry({"a": {"logicalType": "integer"}})
    judged = workshop.judge(registry, "a\n" + "".join(f"x{number}\n" for number in range(1201)))
    tree = html.fromstring(rendered(judged, "html"))
    assert [len(page.xpath(".//tbody/tr")) for page in tree.xpath("//details")] == [500, 500, 201]


def test_text_is_grouped_cut_and_says_where_the_rest_is(workshop: Workshop) -> None:
    registry = workshop.registry({"a": {"logicalType": "integer"}})
    judged = workshop.judge(registry, "a\n" + "".join(f"x{number}\x1b[31m\n" for number in range(25)))
    text = rendered(judged, "text")
    assert "ERROR TYPE_INTEGER: a.type_integer (25)" in text
    assert "... and 15 more" in text
    assert "--format json" in text
    assert "\x1b" not in text


def test_the_annotated_csv_has_the_issues_beside_the_rows_and_no_formula(judged: Judged, tmp_path: Path) -> None:
    copy = reports(judged, tmp_path / "out")["annotated.csv"]
    with copy.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines))
    assert rows[0] == ["name", "count", "_issues", "_cure"]
    assert [row[0] for row in rows[1:]] == ["'=1+1", "<script>alert(1)</script>", "fine", "two\nlines"]
    assert rows[2][1] == "-5"
    assert rows[1][2] == "ERROR count x is not a whole number"
    assert rows[3][2:] == ["", ""]
    assert rows[4][2].startswith("ERROR count y")


def test_a_gzipped_delivery_in_another_encoding_is_annotated_too(workshop: Workshop, tmp_path: Path) -> None:
    registry = workshop.registry(
        {"name": {"logicalType": "string"}, "count": {"logicalType": "integer"}},
        layout={"format": {"type": "csv", "delimiter": ";"}},
    )
    source = gzip.compress("name;count\nMünchen;x\n".encode("windows-1252"), mtime=0)
    judged = workshop.judge(registry, source, name="d.csv.gz")
    text = reports(judged, tmp_path / "out")["annotated.csv"].read_text(encoding="utf-8-sig")
    assert text.splitlines()[1].startswith("München;x;ERROR")


def test_the_annotated_workbook_marks_cells_and_keeps_no_formula(workshop: Workshop, tmp_path: Path) -> None:
    registry = workshop.registry(
        {"name": {"logicalType": "string"}, "count": {"logicalType": "integer"}},
        layout={"format": {"type": "excel"}},
    )
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["name", "count"], ["a", 1], ["b", "x"]):
        sheet.append(row)
    packed = io.BytesIO()
    book.save(packed)
    judged = workshop.judge(registry, packed.getvalue(), name="d.xlsx")
    assert judged.found == [(3, "count", "x", "TYPE_INTEGER")]
    first = reports(judged, tmp_path / "one")["annotated.xlsx"]
    with zipfile.ZipFile(first) as parts:
        assert b"modified" not in parts.read("docProps/core.xml")
    second = reports(judged, tmp_path / "two")["annotated.xlsx"]
    assert first.read_bytes() == second.read_bytes()
    copy = openpyxl.load_workbook(first).active
    assert copy is not None
    assert [cell.value for cell in copy[1]] == ["name", "count", "_issues", "_cure"]
    assert str(copy["C3"].value).startswith("ERROR count x")
    assert copy["B3"].comment is not None
    assert copy["B3"].fill.fgColor.rgb == "FFF4C7C3"
    assert copy["C2"].value is None


def test_a_workbook_that_only_the_reader_of_deliveries_understands_is_answered_with_the_list_of_issues(
    workshop: Workshop, tmp_path: Path
) -> None:
    registry = workshop.registry({"count": {"logicalType": "integer"}}, layout={"format": {"type": "excel"}})
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["count"], ["x"]):
        book.active.append(row)
    plain, odd = io.BytesIO(), io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as parts, zipfile.ZipFile(odd, "w") as changed:
        for name in parts.namelist():
            data = parts.read(name)
            # openpyxl tells an attribute that it does not know by a TypeError.
            changed.writestr(name, data.replace(b"<xf ", b'<xf surprise="1" ') if name == "xl/styles.xml" else data)
    with pytest.raises(TypeError):
        openpyxl.load_workbook(odd)
    judged = workshop.judge(registry, odd.getvalue(), name="d.xlsx")
    assert judged.found == [(2, "count", "x", "TYPE_INTEGER")]
    assert "issues.csv" in reports(judged, tmp_path / "out")


def test_other_formats_and_broken_files_are_answered_with_the_list_of_issues(
    workshop: Workshop, tmp_path: Path
) -> None:
    registry = workshop.registry({"a": {"logicalType": "integer"}})
    judged = workshop.judge(registry, b"\x00\x01binary")
    copy = reports(judged, tmp_path / "out")["issues.csv"]
    with copy.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 1
    assert rows[0]["message"]


def test_reports_are_the_same_bytes_each_time(judged: Judged, tmp_path: Path) -> None:
    first, second = (reports(judged, tmp_path / name) for name in ("one", "two"))
    assert set(first) == {"report.json", "report.ess.json", "report.html", "issues.parquet", "annotated.csv"}
    assert {name: path.read_bytes() for name, path in first.items()} == {
        name: path.read_bytes() for name, path in second.items()
    }
