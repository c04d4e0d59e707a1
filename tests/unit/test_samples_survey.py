"""The deliveries typed from the source document: keys are unique and every code is in its codelist."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from customs_monitor.contracts.codelists import Codelist, load_codelist

DELIVERIES = {
    "survey_results/survey_results_2018-2020.csv": (
        ("cycle", "question_id", "item", "category"),
        {"question_id": "survey_question", "item": "survey_item", "category": "survey_category"},
    ),
    "action_plan_status/action_plan_status_2020.csv": (
        ("reference_period", "action_id"),
        {"status": "action_status"},
    ),
    "it_systems/it_systems_2020.csv": (
        ("reference_period", "system_code", "aspect", "actor", "release"),
        {"status": "action_status"},
    ),
}


def _rows(root: Path, name: str) -> list[dict[str, str]]:
    with (root / "storage" / "samples" / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


def _codelist(root: Path, name: str) -> Codelist:
    return load_codelist(root / "dbt_project" / "seeds" / "codelists" / f"cl_{name}.csv")


@pytest.mark.parametrize("name", DELIVERIES)
def test_the_key_is_unique_and_complete(root: Path, name: str) -> None:
    key, _ = DELIVERIES[name]
    keys = [tuple(row[column] for column in key) for row in _rows(root, name)]
    assert keys
    assert all(all(parts) for parts in keys)
    assert [found for found, count in Counter(keys).items() if count > 1] == []


@pytest.mark.parametrize("name", DELIVERIES)
def test_every_code_is_in_its_codelist(root: Path, name: str) -> None:
    _, codelists = DELIVERIES[name]
    rows = _rows(root, name)
    unknown = {
        column: {row[column] for row in rows} - set(_codelist(root, codelist).by_code)
        for column, codelist in codelists.items()
    }
    assert unknown == {column: set() for column in codelists}


def test_only_the_tables_known_to_be_odd_do_not_add_up(root: Path) -> None:
    """docs/transcription.md lists these two; the figures stay as printed."""
    answers: Counter[tuple[str, str]] = Counter()
    for row in _rows(root, "survey_results/survey_results_2018-2020.csv"):
        assert row["respondents_total"] == "26"
        answers[row["question_id"], row["item"]] += int(row["respondents"])
    assert {key: total for key, total in answers.items() if total != 26} == {
        ("s2-5-1-1-agreements", "_Z"): 6,
        ("s2-5-1-4", "_Z"): 25,
    }


def test_score_questions_carry_all_five_answers(root: Path) -> None:
    """The document has answers to the questions of its own sections; the others are asked in later cycles."""
    printed = {code.code: code for code in _codelist(root, "survey_question") if code.attributes["section"]}
    questions = {code for code in printed if printed[code].attributes["scale"] == "SCORE"}
    found: dict[str, list[str]] = {}
    for row in _rows(root, "survey_results/survey_results_2018-2020.csv"):
        found.setdefault(row["question_id"], []).append(row["category"])
    assert set(found) == set(printed)
    assert len(questions) == 7
    assert {question: found[question] for question in questions} == {
        question: ["1", "2", "3", "4", "NO_REPLY"] for question in questions
    }


def test_the_annex_has_its_54_sub_actions(root: Path) -> None:
    """Section 4.1 of the document gives the number."""
    rows = _rows(root, "action_plan_status/action_plan_status_2020.csv")
    assert len(rows) == 54
    assert Counter(row["status"] for row in rows) == {
        "PERMANENT": 24,
        "ONGOING": 17,
        "COMPLETED": 12,
        "NOT_STARTED": 1,
    }
    assert all(row["action_id"].startswith(row["objective"] + ".") for row in rows)


def test_the_17_systems_and_crms2_have_one_deployment_status_or_more(root: Path) -> None:
    rows = _rows(root, "it_systems/it_systems_2020.csv")
    systems = {row["system_code"] for row in rows}
    assert len(systems) == 18
    assert {row["system_code"] for row in rows if row["aspect"] == "DEPLOYMENT"} == systems
    assert {row["release"] for row in rows if row["system_code"] == "ICS2"} == {"R1", "R2", "R3"}
    assert all(row["status_basis"] in ("PRINTED", "INFERRED") for row in rows)
    assert not [row for row in rows if row["status"] != "COMPLETED" and row["completed_date"]]
    assert not [row for row in rows if row["status"] == "COMPLETED" and row["planned_date"]]
