"""What a file says only by its name (language, year) becomes a constant of its layout."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from customs_monitor.contracts import Layout, Mapping


def _layout() -> Layout:
    return Layout.model_validate(
        {
            "id": "texts",
            "title": "texts",
            "claims": {"path": ["nomenclature/*"]},
            "sender": {"constant": "ESTAT"},
            "period": {"constant": "_Z"},
            "mapping": {
                "goods_code": "code",
                "language_code": {"path": r"_([a-z]{2})\.csv$", "aliases": "language"},
                "edition": {"path": r"(\d{4})"},
            },
        }
    )


def test_the_name_of_the_file_fills_the_column() -> None:
    mapping = _layout().for_file("cn8_2023_de.csv").mapping
    assert mapping["language_code"].constant == "de"
    assert mapping["edition"].constant == "2023"
    assert mapping["language_code"].path is None
    assert mapping["language_code"].aliases == "language"
    assert mapping["goods_code"].source == "code"


def test_a_name_that_says_nothing_leaves_the_column_empty() -> None:
    assert _layout().for_file("texts.csv").mapping["edition"].constant == ""


@pytest.mark.parametrize("path", [r"\d{4}", r"(\d{4})_(\w{2})"])
def test_a_pattern_has_exactly_one_group(path: str) -> None:
    with pytest.raises(ValidationError, match="exactly one group"):
        Mapping(path=path)


def test_a_value_comes_from_one_place() -> None:
    with pytest.raises(ValidationError, match="exactly one of"):
        Mapping(path=r"(\d{4})", constant="2023")
