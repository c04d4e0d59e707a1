"""The items of the questionnaire: every list a question asks about is known to the contract, and holds known items."""

from __future__ import annotations

import pytest

from customs_monitor.contracts import Registry

REGISTRY = Registry.load()
QUESTIONS = [code for code in REGISTRY.codelists["survey_question"] if code.attributes["scale"] in ("SCORE", "COUNT")]
LISTS = sorted({code.attributes["item_list"] for code in QUESTIONS} - {""})


def test_every_question_without_a_section_of_the_document_feeds_an_indicator() -> None:
    asked = {code.code for code in REGISTRY.codelists["survey_question"] if not code.attributes["section"]}
    assert asked - {"_T"} <= set(REGISTRY.codelists["indicator"].by_code)


@pytest.mark.parametrize("name", LISTS)
def test_every_code_of_a_list_asked_about_is_an_item(name: str) -> None:
    assert set(REGISTRY.codelists[name].by_code) <= set(REGISTRY.codelists["survey_item"].by_code)


@pytest.mark.parametrize("name", LISTS)
def test_the_contract_knows_every_list_asked_about(name: str) -> None:
    rules = {rule.id: rule.check for rule in REGISTRY.feeds["ms_questionnaire"].schema_.quality}
    assert f"WHEN '{name}' THEN " in rules["item_belongs_to_the_question"]
