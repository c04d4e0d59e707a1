"""What the contracts of the alert feeds say twice for want of another way says the same."""

from __future__ import annotations

import re

import pytest

from customs_monitor.contracts import Registry


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


def test_the_rule_knows_the_types_of_risk_of_the_codelist(registry: Registry) -> None:
    rules = {rule.id: rule for rule in registry.feeds["safety_gate"].schema_.quality}
    named = set(re.findall(r"'([^';]+)'", rules["risk_types_are_known"].check))
    labels = {code.label.lower() for code in registry.codelists["product_risk"]}
    assert named == labels


@pytest.mark.parametrize("name", ["hazard_category", "product_risk", "rasff_product_category", "risk_decision"])
def test_every_alias_leads_to_a_code(registry: Registry, name: str) -> None:
    assert set(registry.aliases(name).values()) <= set(registry.codelists[name].by_code)
