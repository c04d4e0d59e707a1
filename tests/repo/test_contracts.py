"""Good habits that are not optional: every contract is whole, checked and exercised."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from customs_monitor.contracts import Registry
from customs_monitor.contracts.json_schema import FILE_NAME, contract_schema

REGISTRY = Registry.load()
FEEDS = sorted(REGISTRY.feeds)


def cases(root: Path, feed: str) -> list[Path]:
    return sorted((root / "tests" / "golden" / "feeds" / feed).glob("*/case.yml"))


def test_the_schema_for_editors_is_that_of_the_model(root: Path) -> None:
    committed = (root / "expectations" / FILE_NAME).read_text(encoding="utf-8")
    assert committed == contract_schema(), "run: python -m customs_monitor.contracts.json_schema"


@pytest.mark.parametrize("feed", FEEDS)
def test_the_schema_for_editors_accepts_every_contract(root: Path, feed: str) -> None:
    text = (root / "expectations" / "feeds" / f"{feed}.yml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=../contract.schema.json\n")
    jsonschema.validate(json.loads(json.dumps(yaml.safe_load(text), default=str)), json.loads(contract_schema()))


@pytest.mark.parametrize("feed", FEEDS)
def test_a_feed_has_a_good_and_a_bad_golden_case(root: Path, feed: str) -> None:
    verdicts = set()
    for case in cases(root, feed):
        issues = list(csv.DictReader((case.parent / "expect.issues.csv").open(encoding="utf-8", newline="")))
        verdicts.add("bad" if any(issue["severity"] != "information" for issue in issues) else "good")
    assert verdicts == {"good", "bad"}


@pytest.mark.parametrize("feed", FEEDS)
def test_every_rule_of_a_contract_is_exercised(root: Path, feed: str) -> None:
    broken = {
        issue["rule"]
        for case in cases(root, feed)
        for issue in csv.DictReader((case.parent / "expect.issues.csv").open(encoding="utf-8", newline=""))
    }
    rules = {rule.id for rule in REGISTRY.feeds[feed].schema_.quality}
    assert rules - broken == set(), "golden cases that break these rules are missing"


@pytest.mark.parametrize("feed", FEEDS)
def test_every_layout_of_a_contract_is_exercised(root: Path, feed: str) -> None:
    used = {yaml.safe_load(case.read_text(encoding="utf-8"))["layout"] for case in cases(root, feed)}
    assert {layout.id for layout in REGISTRY.feeds[feed].layouts} - used == set()


@pytest.mark.parametrize("feed", FEEDS)
def test_a_feed_has_a_staging_model(root: Path, feed: str) -> None:
    assert (root / "dbt_project" / "models" / "staging" / f"stg_{feed}.sql").is_file()


def test_no_concept_is_there_for_nothing(root: Path) -> None:
    used = {item.name for contract in REGISTRY.feeds.values() for item in contract.schema_.properties}
    models = "".join(path.read_text(encoding="utf-8") for path in (root / "dbt_project" / "models").rglob("*.yml"))
    used |= {name.lower() for name in re.findall(r"name: (\w+)", models)}
    assert sorted(set(REGISTRY.concepts) - used) == []
