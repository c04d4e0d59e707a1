"""What `customs-monitor new` writes loads and lints, and does not pass for finished."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from customs_monitor.contracts import Project, Registry
from customs_monitor.release.specs import load_specs
from customs_monitor.scaffold import ScaffoldError, new_feed, new_indicator


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Project:
    for folder in ("expectations", "dbt_project"):
        shutil.copytree(root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("target", "logs"))
    return Project(tmp_path)


def test_a_new_feed_loads_as_a_draft(project: Project) -> None:
    written = new_feed(project, "sample_checks")
    contract = Registry.load(project).feeds["sample_checks"]
    assert contract.status == "draft"
    assert {path.name for path in written} == {"sample_checks.yml", "stg_sample_checks.sql", "case.yml", "delivery.csv"}


def test_a_new_feed_lacks_what_its_author_has_to_say(project: Project) -> None:
    written = new_feed(project, "sample_checks")
    # Without expectations the golden cases fail, and with them the test that asks for a good and a bad one.
    assert not any(path.name.startswith("expect") for path in written)


def test_every_indicator_of_the_catalogue_can_be_begun(project: Project) -> None:
    registry = Registry.load(project)
    there = set(load_specs(project))
    begun = [code.code for code in registry.codelists["indicator"] if code.code not in there]
    for indicator in begun:
        new_indicator(project, registry, indicator)
    specs = load_specs(project)
    assert set(specs) == there | set(begun)
    assert all(specs[indicator].version == "0.1.0" for indicator in begun)


def test_nothing_is_overwritten(project: Project) -> None:
    new_feed(project, "sample_checks")
    with pytest.raises(ScaffoldError, match="there already"):
        new_feed(project, "sample_checks")


@pytest.mark.parametrize("name", ["Sample", "1st", "a-b", "../up", ""])
def test_a_name_that_is_no_id_is_refused_with_an_example(project: Project, name: str) -> None:
    with pytest.raises(ScaffoldError, match="like safety_gate"):
        new_feed(project, name)


def test_an_indicator_outside_the_catalogue_is_refused(project: Project) -> None:
    with pytest.raises(ScaffoldError, match=r"cl_indicator\.csv"):
        new_indicator(project, Registry.load(project), "o9-9")
