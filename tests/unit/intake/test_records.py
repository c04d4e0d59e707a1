"""JSON records by path, however deep they lie."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from customs_monitor.contracts.formats import JsonFormat
from customs_monitor.intake import IntakeError, Limits
from customs_monitor.intake.limits import DEFAULT_LIMITS
from customs_monitor.intake.spool import Spool

Write = Callable[..., Path]
Read = Callable[..., Any]
Failure = Callable[..., IntakeError]

SNAPSHOT = {
    "messageInformation": {"snapshotDate": "2025-02-12"},
    "lists": {
        "B": {"listName": "B", "listEntries": [{"code": "1", "description": "ñ"}, {"code": "2"}]},
        "A": {"listName": "A", "listEntries": [{"role": "AUT", "valid": True}]},
        "empty": {"listName": "empty", "listEntries": []},
    },
}


def test_the_top_array(write: Write, read: Read) -> None:
    path = write('[{"code": "10", "n": 1}, {"n": 1.50, "x": null}, 7]')
    columns, rows, _ = read(path, JsonFormat())
    assert columns == ("code", "n", "x", "value")
    assert rows == [(1, "10", "1", None, None), (2, None, "1.50", None, None), (3, None, None, None, "7")]


def test_a_star_gives_the_key_as_a_column(write: Write, read: Read) -> None:
    path = write(gzip.compress(json.dumps(SNAPSHOT).encode()), "snapshot.json.gz")
    columns, rows, _ = read(path, JsonFormat(records="lists.*.listEntries.item"))
    assert columns == ("_key_1", "code", "description", "role", "valid")
    assert rows == [
        (1, "B", "1", "ñ", None, None),
        (2, "B", "2", None, None, None),
        (3, "A", None, None, "AUT", "true"),
    ]


def test_a_dotted_path_takes_one_list_only(write: Write, read: Read) -> None:
    columns, rows, _ = read(write(json.dumps(SNAPSHOT)), JsonFormat(records="lists.A.listEntries.item"))
    assert columns == ("role", "valid")
    assert rows == [(1, "AUT", "true")]


@pytest.mark.parametrize(
    ("document", "day"),
    [
        (SNAPSHOT, "2025-02-12"),
        (dict(reversed(SNAPSHOT.items())), "2025-02-12"),
        (SNAPSHOT | {"messageInformation": {"snapshotDate": " "}}, None),
        (SNAPSHOT | {"messageInformation": ["snapshotDate"]}, None),
        ({"lists": SNAPSHOT["lists"]}, None),
        (SNAPSHOT | {"messageInformation": {"snapshotDate": {"day": 12}}}, '{"day":12}'),
    ],
    ids=["before", "after", "blank", "elsewhere", "nowhere", "no text"],
)
def test_what_stands_outside_the_records_is_a_column_of_each(
    write: Write, read: Read, document: dict[str, Any], day: str | None
) -> None:
    wanted = JsonFormat(records="lists.B.listEntries.item", envelope=("messageInformation.snapshotDate",))
    columns, rows, _ = read(write(json.dumps(document)), wanted)
    assert columns == ("messageInformation.snapshotDate", "code", "description")
    assert rows == [(1, day, "1", "ñ"), (2, day, "2", None)]


def test_a_cut_file_that_lacks_its_envelope_is_told_by_its_records(write: Write, failure: Failure) -> None:
    error = failure(write('[{"a": 1}, {"a": 2}, {"a"'), JsonFormat(envelope=("day",)))
    assert (error.code, error.line) == ("JSON_INVALID", 3)


def test_nested_objects_are_dotted_and_arrays_stay_json(write: Write, read: Read) -> None:
    path = write('[{"a": {"b": {"c": " x "}}, "roles": [{"role": "AUT"}, {"n": 1}], "empty": ""}]')
    assert read(path, JsonFormat()) == (
        ("a.b.c", "roles", "empty"),
        [(1, "x", '[{"role":"AUT"},{"n":1}]', None)],
        [],
    )


def test_numbers_keep_their_digits(write: Write, read: Read) -> None:
    path = write('[{"n": 12345678901234567890123, "d": 0.10000000000000000001}]')
    assert read(path, JsonFormat())[1] == [(1, "12345678901234567890123", "0.10000000000000000001")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FILE_EMPTY"),
        (b"[]", "JSON_NO_RECORDS"),
        (b'{"other": [1]}', "JSON_NO_RECORDS"),
        (b'[{"a": 1}', "JSON_INVALID"),
        (b'[{"a": 1}, {"a": ', "JSON_INVALID"),
        (b'[{"a": 1}] trailing', "JSON_INVALID"),
        (b'[{"a": 1,}]', "JSON_INVALID"),
        (b'[{"a": "\xff"}]', "JSON_INVALID"),
        (b"[" * 100_000, "JSON_TOO_DEEP"),
        (b"<html></html>", "FORMAT_MISMATCH"),
        (b"PK\x03\x04", "FORMAT_MISMATCH"),
    ],
)
def test_what_holds_no_records(write: Write, failure: Failure, content: bytes, code: str) -> None:
    assert failure(write(content), JsonFormat()).code == code


def test_a_cut_file_says_how_many_records_it_had(write: Write, failure: Failure) -> None:
    error = failure(write('[{"a": 1}, {"a": 2}, {"a"'), JsonFormat())
    assert error.line == 3
    assert "2 whole records" in error.message


def test_an_object_with_a_key_per_record_is_not_taken_for_columns(write: Write, failure: Failure) -> None:
    path = write(json.dumps([{str(number): 1 for number in range(3000)}]))
    assert failure(path, JsonFormat()).code == "TOO_MANY_COLUMNS"


def test_the_spool_gives_back_rows_whose_columns_came_late() -> None:
    spool = Spool(DEFAULT_LIMITS, batch_rows=2)
    for number in range(5):
        spool.append(number + 1, {"a": str(number)} | ({"late": "x"} if number == 3 else {}))
    rows = [row for batch in spool.batches() for row in batch.to_pylist()]
    assert spool.columns() == ("a", "late")
    assert [row["late"] for row in rows] == [None, None, None, "x", None]
    assert [row["_line_number"] for row in rows] == [1, 2, 3, 4, 5]


def test_names_that_differ_in_case_only_are_refused(write: Write, failure: Failure) -> None:
    assert failure(write('[{"a": 1, "A": 2}]'), JsonFormat(), Limits()).code == "HEADER_DUPLICATE"
