"""The specifications of the indicators, and what is said where one is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from customs_monitor.contracts import Project
from customs_monitor.contracts.documents import DocumentError
from customs_monitor.release.specs import load_specs

GOOD = """version: 2
models:
  - name: o9_1
    config:
      meta:
        id: o9-1
        title: Number of things
        level: output
        purpose: Count.
        definition: Things.
        formula: NUMBER = things
        unit: things
        dimensions: []
        measures: [NUMBER]
        frequency: A
        stock_flow: stock
        source_feeds: [things]
        audience: public
        coverage_threshold: 0.9
        assumptions: [{since: 2026-11-24, text: A thing is a thing.}]
        interpretation: More is more.
        limits: None known.
        intervention: i
        racer: {relevant: r, accepted: a, credible: c, easy: e, robust: r}
        version: 1.0.0
        validity: {from: "2020", to: null}
        successor: null
        chart: {kind: line, measures: [NUMBER], x: TIME_PERIOD}
    columns:
      - {name: INDICATOR, data_type: varchar}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "dbt_project" / "models" / "indicators" / "o9"
    made.mkdir(parents=True)
    return made


def load(folder: Path) -> dict[str, str]:
    return {key: spec.table for key, spec in load_specs(Project(folder.parents[3])).items()}


def problems(folder: Path) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        load(folder)
    return caught.value.problems


def write(folder: Path, name: str = "o9_1", text: str = GOOD, *, sql: bool = True) -> None:
    (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    if sql:
        (folder / f"{name}.sql").write_text("SELECT 1 AS one", encoding="utf-8")


def test_specs_come_in_the_order_of_the_framework(folder: Path) -> None:
    write(folder)
    for number in (10, 2):
        write(folder, f"o9_{number}", GOOD.replace("o9-1", f"o9-{number}").replace("o9_1", f"o9_{number}"))
    other = folder.parent / "o567"
    other.mkdir()
    write(other, "o567_3", GOOD.replace("o9-1", "o567-3").replace("o9_1", "o567_3"))
    assert load(folder) == {"o567-3": "o567_3", "o9-1": "o9_1", "o9-2": "o9_2", "o9-10": "o9_10"}


def test_an_unknown_key_is_refused_with_its_line(folder: Path) -> None:
    write(folder, text=GOOD.replace("unit: things", "units: things"))
    assert problems(folder) == [
        "indicators/o9/o9_1.yml:5: models.0.config.meta.unit: Field required",
        "indicators/o9/o9_1.yml:12: models.0.config.meta.units: Extra inputs are not permitted",
    ]


def test_all_problems_of_all_files_are_told_at_once(folder: Path) -> None:
    write(folder, text=GOOD.replace("level: output", "level: input"))
    write(folder, "o9_2", GOOD.replace("audience: public", "audience: everybody"))
    assert len(problems(folder)) == 2


def test_what_is_restricted_says_for_whom_it_is(folder: Path) -> None:
    said = "audience: restricted\n        restricted_to: risk managers"
    write(folder, text=GOOD.replace("audience: public", "audience: restricted"))
    write(folder, "o9_2", GOOD.replace("audience: public", said.replace("restricted\n", "public\n")))
    assert [text.partition("restricted_to")[0] for text in problems(folder)] == [
        f"indicators/o9/o9_{number}.yml:5: models.0.config.meta: Value error, " for number in (1, 2)
    ]
    (folder / "o9_2.yml").unlink()
    (folder / "o9_2.sql").unlink()
    write(folder, text=GOOD.replace("audience: public", said))
    assert load(folder) == {"o9-1": "o9_1"}


def test_file_model_and_id_have_one_name(folder: Path) -> None:
    write(folder, "o9_7")
    assert problems(folder) == ["o9/o9_7.yml:1: the file, the model o9_1 and meta.id o9-1 must have one name"]


def test_a_spec_without_its_sql_and_sql_without_its_spec_are_refused(folder: Path) -> None:
    write(folder, sql=False)
    (folder / "o9_2.sql").write_text("SELECT 1 AS one", encoding="utf-8")
    assert problems(folder) == ["o9/o9_1.yml:1: has no o9_1.sql beside it", "o9/o9_2.sql:1: has no o9_2.yml beside it"]


def test_a_key_given_twice_is_refused(folder: Path) -> None:
    write(folder, text=GOOD.replace("        unit: things\n", "        unit: things\n        unit: pieces\n"))
    assert "is given twice" in problems(folder)[0]
