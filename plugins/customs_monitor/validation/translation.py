"""Issues in other languages: `expectations/translations/<language>.yml`, by rule.

An issue carries its finished English sentence. The values are taken back out of it by the rule's English template and
put into the translated one, so that reports, stores and programs need to know of one language only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from customs_monitor.contracts import Contract, Quality, Registry
from customs_monitor.contracts.content_checks import ContentCheck
from customs_monitor.contracts.documents import read_yaml

_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_EMPTY = "(empty)"
#: How lists of forms and bounds are joined in what `{expected}` stands for.
_JOINTS = ("{one} or {other}", "{one} and {other}")
ENGLISH = "en"


class TranslatedRule(BaseModel):
    """The templates of a rule in one language; `title` for the rules of the catalogue only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    message: str
    cure: str
    title: str | None = None


class TranslatedCollection(BaseModel):
    """A collection in one language, with the rules of its contract by id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    purpose: str
    rules: dict[str, TranslatedRule]


class Translation(BaseModel):
    """One file of translations.

    Attributes:
        empty: what stands for a value that is not there.
        catalogue: the rules of `expectations/rules.yml`, by code.
        collections: by feed.
        sentences: templates by English template: what the reader of files says, and what `{expected}` stands for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    empty: str
    catalogue: dict[str, TranslatedRule]
    collections: dict[str, TranslatedCollection]
    sentences: dict[str, str]


@dataclass(frozen=True)
class Told:
    """An issue as it is told.

    Attributes:
        language: of the texts: English where a translation is missing.
    """

    message: str
    cure: str
    language: str


class Translator:
    """Tells issues in one language."""

    def __init__(self, language: str, registry: Registry) -> None:
        """Read the translations of a language; English needs none.

        Raises:
            DocumentError: if the file does not fit the model.
        """
        self.language = language
        self._registry = registry
        path = translation_path(registry, language)
        self._translation = None if language == ENGLISH else read_yaml(path, Translation)
        self._sentences = _by_detail(self._translation.sentences) if self._translation else ()

    def tell(self, feed: str, code: str, rule: str, message: str, cure: str) -> Told:
        """Return the texts of an issue in this language.

        Args:
            feed: whose contract the rule may be from.
            code: of the rule.
            rule: its id.
            message: the English text.
            cure: the English text.
        """
        if self._translation is None:
            return Told(message, cure, ENGLISH)
        english, own = self._templates(feed, code, rule)
        told = [
            self._refilled(text, english.get(part), own.get(part)) or self.sentence(text)
            for part, text in (("message", message), ("cure", cure))
        ]
        if told[0] is None or told[1] is None:
            return Told(message, cure, ENGLISH)
        return Told(told[0], told[1], self.language)

    def title(self, code: str) -> str | None:
        """Return what a rule of the catalogue demands; None for rules that have no title."""
        found = self._registry.rules.get(code)
        if found is None:
            return None
        own = self._translation.catalogue.get(code) if self._translation else None
        return (own.title if own else None) or found.title

    def declared(self, feed: str, rule: str) -> str | None:
        """Return the template of what a rule of a contract says; None where the contract has no such rule."""
        contract = self._registry.feeds.get(feed)
        found = _declared(contract, rule) if contract else None
        if found is None:
            return None
        collection = self._translation.collections.get(feed) if self._translation else None
        own = collection.rules.get(rule) if collection else None
        return own.message if own else found.message

    def name(self, feed: str) -> str:
        """Return the name of a collection."""
        own = self._translation.collections.get(feed) if self._translation else None
        return own.name if own else self._registry.feeds[feed].name

    def purpose(self, feed: str) -> str:
        """Return what a collection is for."""
        own = self._translation.collections.get(feed) if self._translation else None
        return own.purpose if own else self._registry.feeds[feed].description.purpose

    def sentence(self, text: str) -> str | None:
        """Return a sentence that is no rule's in this language, None if it is not translated."""
        if self._translation is None:
            return text
        if text in self._translation.sentences:
            return self._translation.sentences[text]
        for english, own in self._sentences:
            if (found := self._refilled(text, english, own)) is not None:
                return found
        return None

    def _templates(self, feed: str, code: str, rule: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return message and cure in English and in this language; nothing where the rule is not translated."""
        assert self._translation is not None
        contract = self._registry.feeds.get(feed)
        collection = self._translation.collections.get(feed)
        if contract is not None and collection is not None and (own := collection.rules.get(rule)):
            declared = _declared(contract, rule)
            if declared is not None:
                return _texts(declared.message, declared.cure), _texts(own.message, own.cure)
        if code in self._translation.catalogue and code in self._registry.rules:
            catalogue, own = self._registry.rules[code], self._translation.catalogue[code]
            return _texts(catalogue.message, catalogue.cure), _texts(own.message, own.cure)
        return {}, {}

    def _refilled(self, text: str, english: str | None, own: str | None) -> str | None:
        """Take the values out of an English text and put them into a template of this language."""
        if english is None or own is None or set(_PLACEHOLDER.findall(english)) == {english.strip("{}")}:
            return None  # a template that is one placeholder says nothing by itself
        if "{" not in english and text.startswith(f"{english} "):
            # A sentence about the detail follows; in another language it would be no help.
            return " ".join(filter(None, (own, self.sentence(text[len(english) + 1 :]))))
        match = _pattern(english).fullmatch(text)
        if match is None:
            return None
        return _PLACEHOLDER.sub(lambda found: self._value(found.group(1), match), own)

    def _value(self, name: str, match: re.Match[str]) -> str:
        assert self._translation is not None
        value = match.group(name)
        if value == _EMPTY:
            return self._translation.empty
        # Other values are the sender's own words and codes.
        return self._phrase(value) if name not in ("column", "value") else value

    def _phrase(self, text: str) -> str:
        """Translate what `{expected}` stands for, part by part where it is a list; other words stay."""
        assert self._translation is not None
        found = self.sentence(text)
        if found is not None:
            return found
        for joint in _JOINTS:
            match = _pattern(joint).fullmatch(text)
            if match is not None:
                parts = {name: self._phrase(match.group(name)) for name in ("one", "other")}
                return self._translation.sentences[joint].format(**parts)
        return text


class Translators:
    """Translators by language, each made when it is first asked for; English for a language that has no file."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._made: dict[str, Translator] = {}

    def of(self, language: str) -> Translator:
        """Return the translator of a language."""
        if language not in self._made:
            known = translation_path(self._registry, language).is_file()
            self._made[language] = Translator(language if known else ENGLISH, self._registry)
        return self._made[language]


def translation_path(registry: Registry, language: str) -> Path:
    """Return the file with the translations of a language."""
    return registry.project.expectations / "translations" / f"{language}.yml"


def _declared(contract: Contract, rule: str) -> Quality | ContentCheck | None:
    """Return what a contract declares under an id: a rule, or a question about content."""
    declared: tuple[Quality | ContentCheck, ...] = (*contract.schema_.quality, *contract.schema_.contentChecks)
    return next((item for item in declared if item.id == rule), None)


def _texts(message: str, cure: str) -> dict[str, str]:
    return {"message": message, "cure": cure}


def _by_detail(sentences: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the templates with placeholders, those that say most of their own first."""
    templates = [(english, own) for english, own in sentences.items() if "{" in english and english not in _JOINTS]
    return tuple(sorted(templates, key=lambda item: -len(_PLACEHOLDER.sub("", item[0]))))


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """Return what a filled template looks like; of a name that occurs twice both values must be the same."""
    parts: list[str] = []
    end = 0
    seen: set[str] = set()
    for match in _PLACEHOLDER.finditer(template):
        parts.append(re.escape(template[end : match.start()]))
        name = match.group(1)
        parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.*?)")
        seen.add(name)
        end = match.end()
    parts.append(re.escape(template[end:]))
    return re.compile("".join(parts), re.DOTALL)
