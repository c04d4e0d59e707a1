"""Every word of the pages is in every language, with the same names, and none is there for nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from customs_monitor import portal
from customs_monitor.portal.words import FOLDER, NAMES, Words
from customs_monitor.templates.texts import LANGUAGES

HOME = Path(portal.__file__).parent
TEMPLATES = HOME / "templates"
#: `t("key"`, `counted("key"`, `said(request, "key"`; and keys that are put together, `t("state." ~ name`.
CALLED = re.compile(r'\b(?:t|counted|has_text|has)\(\s*(?:request, )?"([a-z_0-9.]+)"( ~)?')
#: Keys in Python beside a call: of the menu, and of the forms of a text by their names.
NAMED = re.compile(r'"(menu\.[a-z_]+)"')


def sources() -> str:
    files = [*TEMPLATES.glob("*.j2"), *HOME.rglob("*.py")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def used() -> tuple[set[str], set[str]]:
    """Return the keys in use, and the beginnings of those that are put together."""
    text = sources().replace('said(request, "', 't("')
    whole = {key for key, joined in CALLED.findall(text) if not joined}
    begun = {key for key, joined in CALLED.findall(text) if joined}
    whole |= set(NAMED.findall(text))
    # In Python keys are put together in f-strings.
    begun |= set(re.findall(r'\b(?:t|said|counted|has)\((?:request, |key := )?f"([a-z_]+\.)\{', text))
    return whole, begun


def test_there_are_texts_in_every_language_of_the_templates() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.yml")) == sorted(LANGUAGES) == sorted(NAMES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_is_there_with_the_same_names(language: str) -> None:
    english, own = Words("en").t, Words(language).t
    assert own.keys == english.keys
    assert {key for key in own.keys if own.names(key) != english.names(key)} == set()


def test_every_key_in_use_is_there() -> None:
    keys, (whole, begun) = Words("en").t.keys, used()
    missing = {key for key in whole if key not in keys and f"{key}.one" not in keys}
    assert missing == set()
    assert {key for key in begun if not any(known.startswith(key) for known in keys)} == set()


def test_no_key_is_there_for_nothing() -> None:
    keys, (whole, begun) = Words("en").t.keys, used()
    counted = {f"{key}.{form}" for key in whole for form in ("one", "many")}
    lists = {"line", "column", "value", "severity", "wrong", "cure", "rule"}  # the header of the CSV of issues
    idle = {key for key in keys - whole - counted - lists if not key.startswith(tuple(begun))}
    assert idle == set()


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_translations_are_translated(language: str) -> None:
    """Some words are the same in two languages; a page of them would be none."""
    english, own = Words("en").t, Words(language).t
    same = {
        key
        for key in own.keys
        if not own.names(key) and own(key) == english(key) and not key.startswith(("country.", "month."))
    }
    assert len(same) < 20, same


def test_figures_are_told_in_the_right_form() -> None:
    assert Words("en").counted("rows.read", 1) == "1 row read"
    assert Words("en").counted("rows.read", 0) == "0 rows read"
    assert Words("fr").counted("rows.read", 0) == "0 ligne lue"
    assert Words("de").counted("rows.read", 12000) == "12\u202f000 Zeilen gelesen"
