"""JSON-stat 2.0: a sparse cube that any program can count through."""

from __future__ import annotations

import json
import math

import pytest

from customs_monitor.release.formats.json_stat import JsonStatFormat


@pytest.fixture
def path(table, observations, parquet, tmp_path):
    target = tmp_path / "o4-3.jsonstat.json"
    JsonStatFormat().write(table, parquet(observations()), target)
    return target


@pytest.fixture
def document(path):
    return json.loads(path.read_bytes())


def test_it_reads_like_this(document, golden):
    golden("o4-3.jsonstat.json", json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def test_it_is_a_dataset_of_version_2(document):
    assert (document["version"], document["class"]) == ("2.0", "dataset")
    assert document["id"] == list(document["dimension"])
    for name, size in zip(document["id"], document["size"], strict=True):
        category = document["dimension"][name]["category"]
        assert len(category["index"]) == len(set(category["index"])) == size
        assert set(category["label"]) == set(category["index"])
    assert {name for names in document["role"].values() for name in names} <= set(document["id"])
    cells = math.prod(document["size"])
    for part in ("value", "status"):
        assert all(0 <= int(number) < cells for number in document[part])


def test_a_cell_is_found_by_counting(document):
    sizes, number = document["size"], 0
    wanted = ("o4-3", "A3", "BE", "2018-2020", "_T", "SHARE_3_4")
    for name, size, code in zip(document["id"], sizes, wanted, strict=True):
        number = number * size + document["dimension"][name]["category"]["index"].index(code)
    assert document["value"][str(number)] == 2 / 3
    assert document["dimension"]["MEASURE"]["category"]["unit"]["SHARE_3_4"] == {"label": "Fraction of 1"}


def test_a_missing_value_has_a_status_and_no_value(document):
    without = {document["status"][number] for number in document["status"].keys() - document["value"].keys()}
    assert without == {"L", "Q"}
    assert document["extension"]["status"]["Q"] == "Missing value; suppressed"
    assert list(document["extension"]["attributes"]["CONF_STATUS"]["cells"].values()) == ["C"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda found: found["id"].reverse(), "the dimensions are MEASURE"),
        (lambda found: found["size"].__setitem__(0, 2), "size is"),
        (lambda found: found["status"].pop(next(iter(found["value"]))), "have a value and no status"),
    ],
)
def test_what_does_not_add_up_is_refused(table, observations, path, document, change, message):
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        list(JsonStatFormat().read(table, path, observations().schema))
