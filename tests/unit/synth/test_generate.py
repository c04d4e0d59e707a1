"""`customs-monitor synth`: what it writes, and that it writes it again."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from customs_monitor.contracts import Registry
from customs_monitor.synth.generate import synthesise
from customs_monitor.synth.world import SynthError, World, quarters_between
from support.command import CUSTOMS_MONITOR

COLLECTIONS = {"crc_statistics", "crc_combination_statistics", "control_statistics", "ms_questionnaire"}


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_arguments_give_the_same_bytes_in_another_process(synthetic: Path, tmp_path: Path) -> None:
    out = tmp_path / "again"
    arguments = ["--seed", "7", "--from", "2026-Q1", "--to", "2026-Q1", "--rows", "600", "--defects", "0.3"]
    # Another hash seed, so that no order of a set can be in the bytes.
    done = subprocess.run(
        [*CUSTOMS_MONITOR, "synth", "--out", str(out), *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "12345", "PYTHONPATH": ":".join(sys.path)},
    )
    assert "planted defects" in done.stdout
    assert hashes(out) == hashes(synthetic)


def test_another_seed_gives_another_union(registry: Registry, synthetic: Path, tmp_path: Path) -> None:
    synthesise(registry, tmp_path / "other", seed=8, first="2026-Q1", last="2026-Q1", rows=600, defects=0.3)
    assert hashes(tmp_path / "other") != hashes(synthetic)


def test_every_feed_of_the_registers_and_collections_is_delivered(registry: Registry, synthetic: Path) -> None:
    delivered = {path.parent.name for wave in ("inbox", "wave2") for path in (synthetic / wave).glob("*/*")}
    expected = {feed for feed, contract in registry.feeds.items() if contract.domain in ("collections", "registers")}
    assert delivered == expected | {"it_systems"}


def test_both_inboxes_say_that_they_are_made_up(synthetic: Path) -> None:
    for wave in ("inbox", "wave2"):
        assert json.loads((synthetic / wave / "provenance.json").read_text()) == {"synthetic": True}


def test_senders_write_in_every_form_that_the_contracts_have(synthetic: Path) -> None:
    files = [path for feed in COLLECTIONS for path in (synthetic / "inbox" / feed).iterdir()]
    texts = [path.read_bytes() for path in files if path.suffix == ".csv"]
    assert any(path.suffix == ".xlsx" for path in files)
    assert any(text.startswith(b"DATAFLOW,") for text in texts)
    assert any(text.startswith(b"\xef\xbb\xbfSTRUCTURE,STRUCTURE_ID,ACTION,") for text in texts)
    assert any(text.startswith(b"\xef\xbb\xbf") for text in texts)
    assert any(b";member_state" in text for text in texts)
    assert any(text.startswith(b'"') for text in texts)
    assert any(b",entry," in text or b";entry;" in text for text in texts)
    assert any(b"\r\n" in text for text in texts)
    assert any(not _is_utf_8(text) for text in texts)
    assert any(b"GR" in text for text in texts) or _in_workbooks(files, b">GR<")


def _is_utf_8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _in_workbooks(files: list[Path], wanted: bytes) -> bool:
    return any(
        wanted in zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml") for path in files if zipfile.is_zipfile(path)
    )


def test_some_are_late_some_revise_some_have_nothing_to_report_and_one_never_reports(synthetic: Path) -> None:
    for feed in ("crc_statistics", "control_statistics"):
        first = {path.stem for path in (synthetic / "inbox" / feed).iterdir()}
        second = {path.stem for path in (synthetic / "wave2" / feed).iterdir()}
        assert {stem for stem in second if stem.endswith("_v1")} & first == set()
        assert {stem[:-3] for stem in second if stem.endswith("_v2")} & {stem[:-3] for stem in first}
        assert any(stem.endswith("_v1") for stem in second)
    nil = [path for path in (synthetic / "inbox").glob("*/*.csv") if b"_T" in path.read_bytes().splitlines()[-1]]
    assert nil
    senders = {
        path.stem.split("_")[3]
        for wave in ("inbox", "wave2")
        for path in (synthetic / wave / "control_statistics").iterdir()
    }
    # The seed tells which collection has the silent one: 7 % 3 is that on controls.
    assert len(senders) == 26


def test_defects_point_into_the_files(synthetic: Path) -> None:
    planted = list(csv.DictReader((synthetic / "truth" / "defects.csv").open(encoding="utf-8")))
    assert len({row["rule"] for row in planted}) > 40
    for row in planted:
        assert (synthetic / row["file"]).is_file()
    row = next(row for row in planted if row["rule"].endswith("code_unknown") and row["file"].endswith(".csv"))
    line = (synthetic / row["file"]).read_bytes().splitlines()[int(row["line"]) - 1]
    assert row["value"].encode() in line


def test_without_defects_nothing_is_planted(registry: Registry, tmp_path: Path) -> None:
    made = synthesise(registry, tmp_path / "eu", seed=7, first="2026-Q1", last="2026-Q1", rows=60)
    assert made.defects == ()
    assert (tmp_path / "eu" / "truth" / "defects.csv").read_text() == "file,line,column,rule,value\n"


def test_the_register_is_as_long_as_asked_for(registry: Registry, tmp_path: Path) -> None:
    counts = {}
    for rows in (100, 1000):
        out = tmp_path / str(rows)
        synthesise(registry, out, seed=1, first="2026-Q4", last="2026-Q4", rows=rows)
        (file,) = out.glob("*/aeo_register/*_v1.csv")
        counts[rows] = len(file.read_text().splitlines()) - 1
    # Those granted to operators of the former member are not in it, nor is what begins later.
    assert counts == {100: pytest.approx(90, abs=10), 1000: pytest.approx(900, abs=50)}


def test_years_and_cycles_are_those_the_quarters_touch(registry: Registry) -> None:
    world = World(1, quarters_between("2020-Q4", "2021-Q2"), 10, frozenset(), registry)
    assert world.quarters == ("2020-Q4", "2021-Q1", "2021-Q2")
    assert world.years == ("2020", "2021")
    assert world.cycles == ("2018-2020", "2021-2023")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"first": "2026-Q5", "last": "2026-Q4"}, "'2026-Q5' is no quarter: write it like 2026-Q3"),
        ({"first": "2026-Q4", "last": "2026-Q1"}, "give the earlier quarter first"),
        ({"first": "2017-Q4", "last": "2018-Q1"}, "give 2018-Q1 or later"),
        ({"rows": 0}, "0 rows are too few"),
        ({"defects": 1.5}, "1.5 is no share"),
        ({"members": []}, "name one Member State or more"),
    ],
)
def test_what_makes_no_sense_is_refused(
    registry: Registry, tmp_path: Path, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(SynthError, match=message):
        synthesise(registry, tmp_path / "eu", **{"seed": 1, "first": "2026-Q1", "last": "2026-Q1", **arguments})  # type: ignore[arg-type]
    assert not (tmp_path / "eu").exists()


def test_a_folder_with_something_in_it_is_left_alone(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(SynthError, match="is not empty: name a new folder"):
        synthesise(registry, tmp_path, seed=1, first="2026-Q1", last="2026-Q1")
