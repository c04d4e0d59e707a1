"""Questions about content in other languages."""

from __future__ import annotations

import pytest

from customs_monitor.contracts import Registry
from customs_monitor.validation.findings import fill
from customs_monitor.validation.translation import Translator

REGISTRY = Registry.load()
VALUES = {"group": "ENTRY", "value": "2,000", "lower": "591", "upper": "1,691", "usual": "1,000", "compared": "8"}
CHECKS = [(feed, check) for feed, contract in REGISTRY.feeds.items() for check in contract.schema_.contentChecks]


@pytest.mark.parametrize("language", ["fr", "de"])
@pytest.mark.parametrize(("feed", "check"), CHECKS, ids=lambda value: getattr(value, "id", value))
def test_every_question_is_told_with_its_values(language: str, feed: str, check: object) -> None:
    rule = next(item for item in REGISTRY.feeds[feed].schema_.contentChecks if item == check)
    message, cure = fill(rule.message, VALUES), fill(rule.cure, VALUES)
    told = Translator(language, REGISTRY).tell(feed, rule.id.upper(), rule.id, message, cure)
    assert told.language == language
    assert told.message != message
    assert told.cure != cure
    assert all(value in told.message for name, value in VALUES.items() if f"{{{name}}}" in rule.message)
