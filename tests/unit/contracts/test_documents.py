"""Errors in contracts name file, line and key, and come all at once."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from customs_monitor.contracts import DocumentError, Project, ProjectNotFound, Registry
from customs_monitor.contracts.model import Origin
from customs_monitor.contracts.periods import frequency, last_day


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Project:
    shutil.copytree(root / "expectations", tmp_path / "expectations")
    (tmp_path / "dbt_project" / "seeds").mkdir(parents=True)
    (tmp_path / "dbt_project" / "seeds" / "codelists").symlink_to(root / "dbt_project" / "seeds" / "codelists")
    return Project(tmp_path)


def edited(project: Project, old: str, new: str, feed: str = "survey_results") -> tuple[Path, int]:
    """Replace a text of a contract, once; return the file and the line of the text."""
    path = project.feeds / f"{feed}.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path, text[: text.index(old)].count("\n") + 1


def problems(project: Project) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        Registry.load(project)
    return caught.value.problems


def test_an_unknown_key_is_refused_with_its_line(project: Project) -> None:
    _, line = edited(project, "owner: TAXUD", "owner: TAXUD\nowners: [TAXUD]")
    (problem,) = problems(project)
    assert problem.startswith(f"expectations/feeds/survey_results.yml:{line + 1}: owners: ")


def test_a_key_given_twice_is_refused_with_both_lines(project: Project) -> None:
    _, line = edited(project, "owner: TAXUD", "owner: TAXUD\nowner: ESTAT")
    (problem,) = problems(project)
    assert f"survey_results.yml:{line + 1}: owner: is given twice, first in line {line}" in problem


def test_a_wrong_value_deep_inside_is_found(project: Project) -> None:
    _, line = edited(project, "severity: error\n      level: 1", "severity: fatal\n      level: 1")
    (problem,) = problems(project)
    assert f"survey_results.yml:{line}: schema.quality.0.severity: " in problem


def test_every_problem_of_every_file_comes_at_once(project: Project) -> None:
    edited(project, "owner: TAXUD", "owners: TAXUD")
    edited(project, "owner: ECB", "owners: ECB", feed="exchange_rates")
    found = problems(project)
    assert {problem.split(":")[0] for problem in found} == {
        "expectations/feeds/survey_results.yml",
        "expectations/feeds/exchange_rates.yml",
    }
    assert len(found) == 4  # in each a key that is unknown and one that is missing


def test_a_column_that_is_no_concept_says_where_to_add_it(project: Project) -> None:
    edited(
        project, "    - {name: source, required: true}", "    - {name: source, required: true}\n    - {name: replies}"
    )
    (problem,) = problems(project)
    assert "replies: is no concept; add it to expectations/concepts/" in problem


def test_text_that_is_no_yaml_is_refused_with_its_line(project: Project) -> None:
    path, _ = edited(project, "owner: TAXUD", "owner: [TAXUD")
    (problem,) = problems(project)
    assert path.name in problem
    assert "no valid YAML" in problem


def test_the_id_must_be_the_name_of_the_file(project: Project) -> None:
    (project.feeds / "survey_results.yml").rename(project.feeds / "survey.yml")
    assert any("it must be the name of the file" in problem for problem in problems(project))


def test_a_folder_that_is_no_project_says_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CUSTOMS_MONITOR_HOME", str(tmp_path))
    with pytest.raises(ProjectNotFound, match="set CUSTOMS_MONITOR_HOME"):
        Project.locate()


@pytest.mark.parametrize(
    ("period", "freq", "end"),
    [
        ("2026", "A", date(2026, 12, 31)),
        ("2026-Q3", "Q", date(2026, 9, 30)),
        ("2024-02", "M", date(2024, 2, 29)),
        ("2026-09-30", "D", date(2026, 9, 30)),
        ("2018-2020", "A3", date(2020, 12, 31)),
        ("_Z", None, None),
        ("2026-Q5", None, None),
        ("2026-13", "M", None),
        ("2023-02-29", "D", None),
        ("2020-2018", None, None),
        ("0000", "A", None),
    ],
)
def test_periods(period: str, freq: str | None, end: date | None) -> None:
    assert frequency(period) == freq
    assert last_day(period) == end


def test_expected_senders_are_those_of_the_day(root: Path) -> None:
    members = Registry.load(Project(root)).codelists["eu_member_state"]
    assert len(members.valid_codes(date(2019, 12, 31))) == 28
    assert len(members.valid_codes(date(2020, 12, 31))) == 27
    assert "HR" not in members.valid_codes(date(2013, 6, 30))
    assert "HR" in members.valid_codes(date(2013, 7, 1))


@pytest.mark.parametrize(
    ("path", "told"),
    [("survey_.*", "exactly one group"), ("(a)(b)", "exactly one group"), ("survey_(", "no regular expression")],
)
def test_a_sender_from_the_path_is_exactly_one_group(path: str, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Origin(path=path)
