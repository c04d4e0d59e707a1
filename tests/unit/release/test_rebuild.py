"""An old release is built again from its own deliveries: the same bytes, or the cells that other code makes others."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from customs_monitor import cli
from customs_monitor.collection.records import JudgementRecord
from customs_monitor.release import rebuild as rebuilding
from customs_monitor.release import release_now
from customs_monitor.release.dbt_run import DbtError
from customs_monitor.release.diff import as_text as diff_text
from customs_monitor.release.diff import diff
from customs_monitor.release.errors import NothingPublished, ReleaseError
from customs_monitor.release.explain import explain
from customs_monitor.release.fingerprint import CodeVersion, libraries_unlike_lock
from customs_monitor.release.history import manifest_of
from customs_monitor.release.rebuild import Rebuilt, rebuild
from customs_monitor.release.rebuild_text import as_text
from customs_storage.hashing import sha256_of
from support.releases import ANSWERS


@pytest.fixture
def again(store, layout, registry, scratch):
    def rebuilt(release_id: str, **other: Any) -> Rebuilt:
        return rebuild(store, layout, registry, release_id, scratch(), **other)

    return rebuilt


@pytest.fixture
def first(store, layout, registry, deliveries, fake_build, scratch):
    deliveries.survey()
    return release_now(store, layout, registry, "run-1", scratch())


@pytest.fixture
def other_code(monkeypatch):
    monkeypatch.setattr(rebuilding, "code_fingerprint", lambda _project: "f" * 64)


def damaged(store, key: str, data: bytes = b"other") -> None:
    path = store.local_path(key)
    path.chmod(0o644)
    path.write_bytes(data)


def accepted(store) -> list[str]:
    return [info.key for info in store.list("accepted/")]


class TestTheSameCode:
    def test_a_superseded_release_has_its_bytes_again_and_a_hash_of_all_of_them(
        self, store, layout, registry, deliveries, first, again, scratch, tmp_path
    ):
        deliveries.survey({**ANSWERS, "4": 12, "NO_REPLY": 0}, sequence=2)
        second = release_now(store, layout, registry, "run-2", scratch())
        told = {release.release_id: again(release.release_id) for release in (first, second)}
        assert {item.verdict for item in told.values()} == {"equal"}
        one, other = told.values()
        assert one.sha256 != other.sha256
        out = tmp_path / "out"
        again(first.release_id, out=out)
        files = {
            file.path: file.sha256
            for file in manifest_of(store, first.release_id).files
            if file.path.startswith(("indicators/", "marts/"))
        }
        assert one.files == len(files) > 5
        lines = "".join(f"{digest}  published/{path}\n" for path, digest in sorted(files.items()))
        assert one.sha256 == sha256_of(lines.encode())
        assert {path: sha256_of(out / "published" / path) for path in files} == files
        assert "All files are equal, byte for byte." in as_text(one)

    def test_what_is_restricted_is_compared_too(
        self, store, layout, registry, deliveries, fake_build, again, scratch, tmp_path
    ):
        fake_build.confidential = True
        deliveries.survey()
        release = release_now(store, layout, registry, "run-1", scratch())
        told = again(release.release_id, out=tmp_path / "out")
        assert told.verdict == "equal"
        assert (tmp_path / "out" / "restricted" / "indicators" / "o4-3" / "o4-3.parquet").is_file()
        fake_build.confidential = False
        told = again(release.release_id)
        assert told.verdict == "differs"
        gone = {item.path for item in told.changes if item.change == "gone"}
        assert "restricted/indicators/o4-3/o4-3.parquet" in gone
        assert {item.path for item in told.changes if item.change == "changed"} >= {
            "published/indicators/o4-3/o4-3.parquet",
            "published/indicators/o4-3/o4-3.csv",
        }

    def test_its_own_deliveries_count_and_not_those_in_force_now(
        self, store, layout, registry, deliveries, fake_build, again, scratch
    ):
        made_up = deliveries.survey({**ANSWERS, "4": 3}, synthetic=True)
        release = release_now(store, layout, registry, "run-1", scratch())
        deliveries.survey(sequence=2)  # a real one displaces it
        deliveries.survey({**ANSWERS, "4": 1}, sequence=3)  # and is revised
        deliveries.survey(cycle="2021-2023")  # and more comes late
        told = again(release.release_id)
        assert (told.verdict, told.deliveries) == ("equal", 1)
        assert [item.delivery_id for item in manifest_of(store, release.release_id).deliveries] == [made_up.delivery_id]

    def test_what_was_judged_again_since_counts_by_the_judgement_of_then(
        self, store, layout, registry, deliveries, fake_build, again, scratch
    ):
        receipt = deliveries.survey()
        first = release_now(store, layout, registry, "run-1", scratch())
        deliveries.judge_again(receipt, keep=3)
        second = release_now(store, layout, registry, "run-2", scratch())
        assert [manifest_of(store, item.release_id).deliveries[0].revision for item in (first, second)] == [1, 2]
        assert {again(item.release_id).verdict for item in (first, second)} == {"equal"}
        told = diff(store, layout, first.release_id, second.release_id)
        assert "judged again: survey_results 2018-2020 TAXUD" in diff_text(told)
        (evidence,) = explain(store, layout, "o4-3", "2018-2020", "EU27_2020", {"MEASURE": "COUNT_1"}).deliveries
        assert (evidence.contract_version, evidence.rows_accepted) == ("2.0.0", 3)

    def test_other_bytes_from_the_same_code_are_a_fault_with_the_cells_and_libraries_named(
        self, first, fake_build, again, monkeypatch
    ):
        fake_build.offset = 1
        monkeypatch.setattr(rebuilding, "libraries_unlike_lock", lambda _project: ["duckdb 2.0.0 (uv.lock: 1.5.5)"])
        told = again(first.release_id)
        assert (told.verdict, told.libraries) == ("differs", ("duckdb 2.0.0 (uv.lock: 1.5.5)",))
        (table,) = told.tables
        assert (table.table, table.changed) == ("published/indicators/o4-3/o4-3", 5)
        text = as_text(told)
        assert "THE SAME CODE GIVES OTHER BYTES" in text
        assert "COUNT_4: 11 -> 12 (+1)" in text
        assert "duckdb 2.0.0 (uv.lock: 1.5.5)" in text

    def test_a_file_that_is_only_written_differently_is_told_apart(self, store, layout, first, again, monkeypatch):
        monkeypatch.setattr(rebuilding, "write_data", _with_a_line_feed(rebuilding.write_data))
        told = again(first.release_id)
        assert [(item.path, item.change) for item in told.changes] == [
            ("published/indicators/o4-3/o4-3.csv", "written differently")
        ]
        assert told.tables == ()
        assert "written differently, with the same cells: published/indicators/o4-3/o4-3.csv" in as_text(told)


def _with_a_line_feed(write):
    def written(database: Path, contents: Any, public: Path, *others: Any) -> Any:
        rows = write(database, contents, public, *others)
        path = public / "indicators" / "o4-3" / "o4-3.csv"
        path.write_bytes(path.read_bytes() + b"\n")
        return rows

    return written


@pytest.mark.usefixtures("other_code")
class TestOtherCode:
    def test_equal_files_are_said_to_be_so(self, first, again):
        told = again(first.release_id)
        assert (told.verdict, told.same_code) == ("equal under other code", False)
        assert "although the code is another" in as_text(told)

    def test_cells_that_differ_are_listed_with_how_to_get_the_code(self, store, first, fake_build, again):
        fake_build.offset = 1
        told = again(first.release_id)
        assert told.verdict == "differs under other code"
        assert [row.key["MEASURE"] for row in told.tables[0].rows] == [
            "COUNT_1", "COUNT_2", "COUNT_3", "COUNT_4", "NO_REPLY",
        ]  # fmt: skip
        then = CodeVersion.of(manifest_of(store, first.release_id).code_version)
        text = as_text(told)
        if then.commit:
            assert f"git checkout {then.commit} && make install" in text
        assert then.fingerprint in text
        assert f"customs-monitor rebuild {first.release_id}" in text

    def test_a_released_table_that_was_altered_is_named_and_not_compared(self, store, layout, first, fake_build, again):
        key = layout.key("release_file", release_id=first.release_id, path="indicators/o4-3/o4-3.parquet")
        damaged(store, key)
        fake_build.offset = 1
        told = again(first.release_id)
        assert told.problems == (
            f"{key} is not what was published, and cannot be compared: see customs-monitor verify",
        )
        assert told.tables == ()

    def test_a_feed_without_a_contract_is_left_out_and_said(
        self, store, layout, registry, deliveries, fake_build, scratch
    ):
        deliveries.survey()
        deliveries.deliver("crc_statistics", "FR", "2026-Q3", [hits("FR", 5)])
        release = release_now(store, layout, registry, "run-1", scratch())
        feeds = {name: contract for name, contract in registry.feeds.items() if name != "crc_statistics"}
        told = rebuild(store, layout, replace(registry, feeds=feeds), release.release_id, scratch())
        assert told.verdict == "equal under other code"
        assert told.problems == (
            "crc_statistics: today's code has no contract of this feed; its deliveries are left out",
        )

    def test_code_that_cannot_build_it_names_the_code_that_can(self, store, first, again, monkeypatch):
        def fails(*_: Any) -> None:
            raise DbtError(["model o4_3: no column item"])

        monkeypatch.setattr("customs_monitor.release.build.build", fails)
        with pytest.raises(ReleaseError, match="cannot be built with the code of today") as failed:
            again(first.release_id)
        assert manifest_of(store, first.release_id).code_version in str(failed.value)
        assert "model o4_3: no column item" in str(failed.value)


class TestWhatIsMissing:
    def test_rows_that_are_gone_are_named_with_what_to_do(self, store, first, again, fake_build):
        (key,) = accepted(store)
        store.delete(key)
        built = fake_build.builds
        told = again(first.release_id)
        assert (told.verdict, fake_build.builds) == ("not possible", built)
        (problem,) = told.problems
        assert f"there is no object {key}: restore it" in problem
        assert "nothing was compared" in as_text(told)

    def test_rows_that_are_others_are_named(self, store, first, again):
        (key,) = accepted(store)
        damaged(store, key)
        (problem,) = again(first.release_id).problems
        assert f"{key} is not what delivery" in problem

    def test_a_judgement_of_other_rows_is_named(self, store, layout, first, again):
        (info,) = store.list("judgements/")
        record = JudgementRecord.read(store, info.key)
        damaged(store, info.key, record.model_copy(update={"accepted_sha256": "0" * 64}).to_bytes())
        (problem,) = again(first.release_id).problems
        assert f"{info.key} accepts other rows than the release rests on" in problem

    def test_a_receipt_of_other_bytes_is_named(self, store, layout, first, again):
        key = next(info.key for info in store.list("landing/") if info.key.endswith("receipt.json"))
        told = json.loads(store.get(key))
        damaged(store, key, json.dumps({**told, "sha256": "0" * 64}).encode())
        (problem,) = again(first.release_id).problems
        assert f"{key} is the receipt of other bytes" in problem

    def test_an_unknown_release_is_refused(self, again):
        with pytest.raises(NothingPublished, match="there is no release never"):
            again("never")


class TestCommand:
    @pytest.fixture
    def called(self, store, first, monkeypatch):
        monkeypatch.setenv("CUSTOMS_MONITOR_STORE", store.url)

        def run(*arguments: str) -> Any:
            return CliRunner().invoke(cli.app, ["rebuild", first.release_id, *arguments])

        return run

    def test_equal_ends_with_0(self, called, tmp_path):
        result = called("--json", "--out", str(tmp_path / "out"))
        assert (result.exit_code, json.loads(result.stdout)["verdict"]) == (0, "equal")
        assert "building the tables" in result.stderr
        assert (tmp_path / "out" / "published" / "marts" / "survey" / "survey.csv").is_file()
        again = called("--out", str(tmp_path / "out"))
        assert again.exit_code == 2
        assert "is there already: name a new folder" in again.stderr

    def test_differences_under_the_same_code_end_with_3(self, called, fake_build):
        fake_build.offset = 1
        assert called().exit_code == 3

    @pytest.mark.usefixtures("other_code")
    def test_differences_under_other_code_end_with_0(self, called, fake_build):
        fake_build.offset = 1
        result = called()
        assert result.exit_code == 0
        assert "Under other code these files and cells are others" in result.stdout

    def test_lost_rows_end_with_1(self, called, store):
        store.delete(accepted(store)[0])
        assert called().exit_code == 1


@pytest.mark.rig
def test_the_real_models_give_the_same_bytes_after_late_and_revised_and_real_deliveries(
    store, layout, registry, deliveries, again, scratch
):
    """One release through dbt; then a late sender, a revision and a real delivery in the place of a synthetic one."""
    now = datetime(2026, 11, 1, tzinfo=UTC)
    deliveries.deliver("crc_statistics", "FR", "2026-Q3", [hits("FR", 5)], arrived=now)
    deliveries.survey(synthetic=True, arrived=now)
    release = release_now(store, layout, registry, "run-1", scratch())
    before = again(release.release_id)
    later = now + timedelta(days=1)
    deliveries.deliver("crc_statistics", "FR", "2026-Q3", [hits("FR", 7)], arrived=later, sequence=2)
    deliveries.deliver("crc_statistics", "LU", "2026-Q3", [hits("LU", 1, "C")], arrived=later)
    deliveries.survey({**ANSWERS, "4": 9}, arrived=later, sequence=2)
    after = again(release.release_id)
    assert (before.verdict, after.verdict) == ("equal", "equal"), as_text(after)
    assert {"o4-3", "o4-7"} <= set(release.indicators)
    assert (before.files, before.sha256) == (after.files, after.sha256)


def hits(state: str, number: int, conf_status: str = "F") -> dict[str, object]:
    return {
        "reference_period": "2026-Q3", "member_state": state, "movement": "IMPORT", "crc_code": "CRC01",
        "high_interest_country": "_Z", "automated_hits": number, "hits_after_assessment": 1, "controls": 1,
        "positive_results": 0, "conf_status": conf_status,
    }  # fmt: skip


def test_code_versions_are_read_back() -> None:
    assert CodeVersion.of("0.1.0+g0123456789ab.fedcba987654") == CodeVersion("0.1.0", "0123456789ab", "fedcba987654")
    assert CodeVersion.of("0.1.0+fedcba987654") == CodeVersion("0.1.0", None, "fedcba987654")
    with pytest.raises(ValueError, match="is no code version"):
        CodeVersion.of("yesterday")


def test_libraries_are_held_against_the_lock(registry, tmp_path) -> None:
    lock = tmp_path / "uv.lock"
    project = replace(registry.project, root=tmp_path)
    assert libraries_unlike_lock(project) == []
    lock.write_text('[[package]]\nname = "typer"\nversion = "0.0.1"\n\n[[package]]\nname = "no-such"\nversion = "1"\n')
    (unlike,) = libraries_unlike_lock(project)
    assert unlike.startswith("typer ")
    assert unlike.endswith("(uv.lock: 0.0.1)")
