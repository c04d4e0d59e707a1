"""Every rule and every sentence of the reader is told in every language, with the values of the English text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import customs_monitor.intake
from customs_monitor.contracts import Registry
from customs_monitor.intake import source
from customs_monitor.templates import LANGUAGES
from customs_monitor.validation.casts import expected_form, type_code
from customs_monitor.validation.findings import fill, names_in
from customs_monitor.validation.row_rules import _range
from customs_monitor.validation.translation import Translator, translation_path

OTHERS = [language for language in LANGUAGES if language != "en"]
INTAKE = Path(customs_monitor.intake.__file__).parent
in_every_language = pytest.mark.parametrize("language", OTHERS)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


@pytest.fixture(scope="module")
def translators(registry: Registry) -> dict[str, Translator]:
    return {language: Translator(language, registry) for language in LANGUAGES}


def collections(registry: Registry) -> list[str]:
    return [feed for feed, contract in registry.feeds.items() if contract.domain == "collections"]


def templates(registry: Registry) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield feed, code, rule and the English texts of every rule that a collection may break."""
    feeds = collections(registry)
    for code, rule in registry.rules.items():
        yield feeds[0], code, f"any.{code.lower()}", rule.message, rule.cure
    for feed in feeds:
        for own in registry.feeds[feed].schema_.quality:
            yield feed, own.id.upper(), own.id, own.message, own.cure


def test_languages_are_those_of_the_templates(registry: Registry) -> None:
    folder = translation_path(registry, "fr").parent
    assert sorted(path.stem for path in folder.glob("*.yml")) == sorted(OTHERS)


@in_every_language
def test_every_rule_is_told_with_its_values(
    registry: Registry, translators: dict[str, Translator], language: str
) -> None:
    """The values of the English sentence, and no others, are in the translated one."""
    for feed, code, rule, message, cure in templates(registry):
        values = {name: f"<{number}>" for number, name in enumerate(sorted(names_in(message) | names_in(cure)))}
        if message.endswith("{value}") or cure == "{expected}":
            # What the reader of files says, or a whole sentence about the header.
            values["expected"] = "Send the file again."
        told = translators[language].tell(feed, code, rule, fill(message, values), fill(cure, values))
        assert told.language == language, (feed, code)
        assert (told.message, told.cure) != (fill(message, values), fill(cure, values)), (feed, code)
        for english, own in ((message, told.message), (cure, told.cure)):
            marks = sorted(values[name] for name in names_in(english) if values[name].startswith("<"))
            assert sorted(set(re.findall(r"<\d+>", own))) == marks, (feed, code, own)


@in_every_language
def test_the_names_in_a_translation_are_those_of_the_english(
    registry: Registry, translators: dict[str, Translator], language: str
) -> None:
    own = translators[language]._translation
    assert own is not None
    assert set(own.catalogue) == set(registry.rules)
    assert set(own.collections) == set(collections(registry))
    for feed in collections(registry):
        schema = registry.feeds[feed].schema_
        declared = {rule.id: rule for rule in (*schema.quality, *schema.contentChecks)}
        assert set(own.collections[feed].rules) == set(declared)
        for name, rule in own.collections[feed].rules.items():
            assert names_in(rule.message) == names_in(declared[name].message)
            assert names_in(rule.cure) == names_in(declared[name].cure)
    for english, sentence in own.sentences.items():
        assert names_in(sentence) <= names_in(english), english


@in_every_language
def test_what_is_expected_of_every_column_is_told(
    registry: Registry, translators: dict[str, Translator], language: str
) -> None:
    translator = translators[language]
    for feed in collections(registry):
        for item in registry.feeds[feed].schema_.properties:
            concept = registry.concepts[item.name]
            phrases = [concept.definition] if item.required else []
            phrases += [expected_form(concept, None)] if type_code(concept) else []
            if concept.minimum is not None or concept.maximum is not None:
                phrases.append(_range(concept, item.name)[1])
            for phrase in phrases:
                assert translator._phrase(phrase) != phrase, (feed, item.name, phrase)


def spoken(node: ast.expr) -> list[str]:
    """Return the texts that an expression may be, each hole of it with a mark."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return [*spoken(node.body), *spoken(node.orelse)]
    if isinstance(node, ast.JoinedStr):
        parts: list[list[str]] = []
        for number, value in enumerate(node.values):
            if isinstance(value, ast.FormattedValue):
                both = isinstance(value.value, ast.IfExp) and all(
                    isinstance(branch, ast.Constant) for branch in (value.value.body, value.value.orelse)
                )
                parts.append(spoken(value.value) if both else [f"<{number}>"])
            else:
                parts.append(spoken(value))
        return ["".join(choice) for choice in product(*parts)]
    return []  # a name; what it stands for is a constant or a return value elsewhere in the module


def sentences() -> Iterator[str]:
    """Yield everything the reader of files says, from its source."""
    for path in sorted(INTAKE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("IntakeError", "IntakeProblem"):
                first = 1 if node.func.id == "IntakeError" else 4  # type: ignore[attr-defined]
                given = [*node.args[first : first + 2]]
                given += [keyword.value for keyword in node.keywords if keyword.arg in ("message", "cure")]
                for argument in given:
                    yield from spoken(argument)
            # Cures that have a name, or come from a function.
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "").startswith("_CURE"):
                yield from spoken(node.value)
            if isinstance(node, ast.FunctionDef) and node.name == "_cure":
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Return) and inner.value is not None:
                        yield from spoken(inner.value)


@in_every_language
def test_everything_the_reader_of_files_says_is_told(translators: dict[str, Translator], language: str) -> None:
    said = sorted(set(sentences()))
    assert len(said) > 90
    missing = []
    for text in said:
        # The hint of a NUL byte is a whole sentence or nothing.
        variants = [text.replace("never holds.<3>", "never holds."), text]
        told = next((found for one in variants if (found := translators[language].sentence(one)) is not None), None)
        marks = sorted(set(re.findall(r"<\d+>", variants[0])))
        if told is None or sorted(set(re.findall(r"<\d+>", told))) != marks:
            missing.append(text)
    assert missing == []


@in_every_language
def test_kinds_of_files_are_told(translators: dict[str, Translator], language: str) -> None:
    for _, kind in source._SIGNATURES:
        said = f"The file is {kind}, not text."
        told = translators[language].sentence(said)
        assert told is not None
        assert kind not in told


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_value_comes_through_whole(value: str) -> None:
    translator = _FRENCH
    told = translator.tell(
        "crc_statistics",
        "TYPE_INTEGER",
        "controls.type_integer",
        f"controls {value} is not a whole number",
        "Write digits only, without thousand separators, decimals or units, like 1234",
    )
    shown = "(vide)" if value == "(empty)" else value
    assert told.message == f"controls {shown} n'est pas un nombre entier"


_FRENCH = Translator("fr", Registry.load())


def test_what_nobody_has_translated_stays_english(translators: dict[str, Translator]) -> None:
    told = translators["de"].tell("crc_statistics", "NEW_CODE", "new_code", "Something new", "Do it")
    assert (told.message, told.cure, told.language) == ("Something new", "Do it", "en")


def test_english_is_left_as_it_is(translators: dict[str, Translator]) -> None:
    told = translators["en"].tell("crc_statistics", "X", "x", "a", "b")
    assert (told.message, told.cure, told.language) == ("a", "b", "en")


def test_an_empty_value_and_a_list_of_forms_are_told(translators: dict[str, Translator]) -> None:
    told = translators["de"].tell(
        "crc_statistics",
        "TYPE_PERIOD",
        "reference_period.type_period",
        "reference_period (empty) is not a period",
        "Write the period as YYYY or YYYY-Qn or YYYY-MM",
    )
    assert told.message == "reference_period (leer) ist kein Zeitraum"
    assert told.cure == "Schreiben Sie den Zeitraum als JJJJ oder JJJJ-Qn oder JJJJ-MM"
