"""Concepts: what their examples promise."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from customs_monitor.contracts import Concept, Registry


def test_every_form_has_an_example_for_those_who_read_no_expressions() -> None:
    concepts = Registry.load().concepts
    assert [name for name, concept in concepts.items() if concept.pattern and not concept.examples] == []


@pytest.mark.parametrize("pattern", ["[0-9]{2}", None])
def test_an_example_that_would_be_refused_is_none(pattern: str | None) -> None:
    with pytest.raises(ValidationError, match="123"):
        Concept(label="l", definition="d", logicalType="string", pattern=pattern, examples=("123",))
