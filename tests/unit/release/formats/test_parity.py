"""What the gate says when two files of a table do not say the same."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest

from customs_monitor.release.checks import Reading
from customs_monitor.release.formats import OBSERVATION_FORMATS
from customs_monitor.release.parity import format_parity


@pytest.fixture
def reading(contents, release, tmp_path):
    return Reading(contents=contents, public=release, restricted=tmp_path / "restricted")


def _file(reading, suffix):
    return reading.public / f"indicators/o4-3/o4-3.{suffix}"


def _changed_workbook(path, old, new):
    changed = BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(old, new))
    path.write_bytes(changed.getvalue())


def _changed_text(path, old, new):
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))


def test_equal_files_have_no_differences(reading, registry):
    assert list(format_parity(reading, registry)) == []


@pytest.mark.parametrize(
    ("suffix", "change", "old", "new"),
    [
        ("xlsx", _changed_workbook, b"<v>0.6666666666666666</v>", b"<v>0.666666666666667</v>"),
        ("sdmx.csv", _changed_text, b"0.6666666666666666", b"0.666666666666667"),
        ("jsonstat.json", _changed_text, b":0.6666666666666666", b":0.666666666666667"),
    ],
)
def test_the_last_digit_of_one_cell_is_found_and_named(reading, registry, suffix, change, old, new):
    change(_file(reading, suffix), old, new)
    assert list(format_parity(reading, registry)) == [
        f"indicators/o4-3/o4-3.{suffix}: OBS_VALUE: 1 cells differ, the first in row 4: "
        "0.6666666666666666 is 0.666666666666667"
    ]


def test_a_zero_for_a_missing_value_is_found(reading, registry):
    _changed_text(_file(reading, "sdmx.csv"), b",,SCORE,L", b",0.0,SCORE,L")
    (found,) = format_parity(reading, registry)
    assert "OBS_VALUE: 1 cells differ, the first in row 5: None is 0.0" in found


def test_a_lost_row_is_found(reading, registry):
    path = _file(reading, "sdmx.csv")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    (found,) = format_parity(reading, registry)
    assert found.endswith("has fewer rows than Parquet, which has 7")


@pytest.mark.parametrize("suffix", [form.suffix for form in OBSERVATION_FORMATS])
def test_a_missing_and_a_broken_file_are_named(reading, registry, suffix):
    path = _file(reading, suffix)
    path.write_bytes(b"\x00broken")
    (found,) = format_parity(reading, registry)
    assert found.startswith(f"indicators/o4-3/o4-3.{suffix} cannot be read back: ")
    path.unlink()
    assert list(format_parity(reading, registry)) == [f"indicators/o4-3/o4-3.{suffix} is missing"]
