"""dbt's reading of the project is kept: found again only for the same project, and as good as a new one."""

from __future__ import annotations

from pathlib import Path

import pytest

from customs_monitor.release import dbt_parsed
from customs_monitor.release.dbt_run import compiled_models


def test_what_is_kept_compiles_to_the_same_models_without_being_read_anew(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbt_parsed, "folder", lambda: tmp_path / "kept")
    read_anew = compiled_models(root / "dbt_project", tmp_path / "build.duckdb", tmp_path / "first")
    # Among models that do not read each other the order is that of their compilation.
    by_name = {model.name: model for model in read_anew}
    (kept,) = (tmp_path / "kept").glob("*")

    def no_more(*_: object) -> None:
        raise AssertionError("the project was read again")

    monkeypatch.setattr(dbt_parsed, "keep", no_more)
    again = compiled_models(root / "dbt_project", tmp_path / "build.duckdb", tmp_path / "second")
    assert {model.name: model for model in again} == by_name
    assert len(by_name) > 44

    kept.write_bytes(kept.read_bytes()[:-1000])
    assert dbt_parsed.load(kept) is None


def test_another_project_database_or_variable_is_another_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbt_parsed, "folder", lambda: tmp_path / "kept")
    project = tmp_path / "project"
    model = project / "models" / "one.sql"
    model.parent.mkdir(parents=True)
    model.write_text("SELECT 1", encoding="utf-8")
    database = tmp_path / "build.duckdb"
    first = dbt_parsed.place(project, database, "{}")
    assert dbt_parsed.place(project, tmp_path / "elsewhere" / "build.duckdb", "{}") == first
    others = {
        dbt_parsed.place(project, tmp_path / "other.duckdb", "{}"),
        dbt_parsed.place(project, database, "sql_engine: spark"),
    }
    model.write_text("SELECT 2", encoding="utf-8")
    others.add(dbt_parsed.place(project, database, "{}"))
    model.rename(model.with_name("two.sql"))
    others.add(dbt_parsed.place(project, database, "{}"))
    assert len(others | {first}) == 5


class Manifest:
    """Stands in for what dbt has read."""

    def to_msgpack(self, _encoder: object) -> bytes:
        return b"read"


def test_only_the_newest_are_kept_and_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    for number in range(12):
        dbt_parsed.keep(Manifest(), tmp_path / "kept" / f"{number}.msgpack")
    left = {path.name for path in (tmp_path / "kept").iterdir()}
    assert len(left) == 8
    assert "11.msgpack" in left
    (tmp_path / "file").write_bytes(b"")
    dbt_parsed.keep(Manifest(), tmp_path / "file" / "0.msgpack")
    assert dbt_parsed.load(tmp_path / "file" / "0.msgpack") is None
