"""JSON-stat 2.0 cubes, dense and sparse."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from customs_monitor.contracts.formats import JsonStatFormat
from customs_monitor.intake import IntakeError

Write = Callable[..., Path]
Read = Callable[..., Any]
Failure = Callable[..., IntakeError]

CUBE: dict[str, Any] = {
    "version": "2.0",
    "class": "dataset",
    "id": ["flow", "partner", "time"],
    "size": [1, 2, 3],
    "dimension": {
        "flow": {"category": {"label": {"1": "Import"}}},
        "partner": {"category": {"index": {"CN": 1, "BR": 0}}},
        "time": {"category": {"index": ["2024-01", "2024-02", "2024-03"]}},
    },
    "value": [1, 2.50, None, 4, None, 6],
    "status": {"4": "c"},
}
ROWS = [
    (1, "1", "BR", "2024-01", "1", None),
    (2, "1", "BR", "2024-02", "2.5", None),
    (4, "1", "CN", "2024-01", "4", None),
    (5, "1", "CN", "2024-02", None, "c"),
    (6, "1", "CN", "2024-03", "6", None),
]


def changed(**parts: Any) -> str:
    cube = copy.deepcopy(CUBE) | parts
    return json.dumps({key: value for key, value in cube.items() if value is not ...})


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"value": {"0": 1, "1": 2.5, "3": 4, "5": 6}},
        {"status": [None, None, None, None, "c", None]},
        {"class": ..., "version": ...},
    ],
    ids=["dense", "sparse", "status as list", "class left out"],
)
def test_a_row_per_observation(write: Write, read: Read, parts: dict[str, Any]) -> None:
    columns, rows, problems = read(write(changed(**parts)), JsonStatFormat())
    assert columns == ("flow", "partner", "time", "value", "status")
    assert rows == ROWS
    assert problems == []


def test_one_status_for_all_goes_to_the_cells_with_a_value(write: Write, read: Read) -> None:
    _, rows, _ = read(write(changed(status="e")), JsonStatFormat())
    assert [row[-1] for row in rows] == ["e"] * 4


def test_values_keep_the_digits_of_the_file(write: Write, read: Read) -> None:
    text = changed().replace("2.5", "12345678901234567.10")
    assert read(write(text), JsonStatFormat())[1][1][4] == "12345678901234567.10"


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"size": [1, 2, 4]}, "dimension 'time' has 3 categories where size says 4"),
        ({"size": [1, 2]}, "two lists of the same length"),
        ({"value": [1, 2]}, "2 cells where the dimensions make 6"),
        ({"value": {"6": 1}}, "cell 6 where the dimensions make 6"),
        ({"value": {"x": 1}}, "'x' is no position"),
        ({"value": ...}, "neither a list nor an object"),
        ({"dimension": {}}, "dimension 'flow' has no category"),
        ({"class": "collection"}, "'collection'"),
        ({"id": ...}, "two lists"),
    ],
)
def test_a_cube_that_does_not_add_up(write: Write, failure: Failure, parts: dict[str, Any], words: str) -> None:
    error = failure(write(changed(**parts)), JsonStatFormat())
    assert error.code == "JSONSTAT_INVALID"
    assert words in error.message


def test_an_index_with_a_gap_is_refused(write: Write, failure: Failure) -> None:
    dimension = copy.deepcopy(CUBE["dimension"])
    dimension["partner"]["category"]["index"] = {"BR": 0, "CN": 2}
    assert failure(write(changed(dimension=dimension)), JsonStatFormat()).code == "JSONSTAT_INVALID"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FILE_EMPTY"),
        (b"[]", "JSONSTAT_INVALID"),
        (json.dumps(CUBE).encode()[:-5], "JSON_INVALID"),
        (b"\xff", "JSON_INVALID"),
        (b"[" * 100_000, "JSON_INVALID"),
        (changed(value={}, status=...).encode(), "JSONSTAT_EMPTY"),
    ],
)
def test_what_is_no_cube(write: Write, failure: Failure, content: bytes, code: str) -> None:
    assert failure(write(content), JsonStatFormat()).code == code
