"""The words of a template, by key, in the languages there are: `texts/<language>.yml`.

What contracts, concepts and codelists say is not translated here; it stays in English.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from string import Formatter

from pydantic import BaseModel, ConfigDict

from customs_monitor.contracts.documents import read_yaml

_FOLDER = Path(__file__).with_name("texts")

#: The languages there are, by code.
LANGUAGES = tuple(sorted(path.stem for path in _FOLDER.glob("*.yml")))


class _TextFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    texts: dict[str, str]


class Texts:
    """The words of one language.

    Args:
        language: one of `LANGUAGES`.
        folder: of the files; those of the templates by default.
    """

    def __init__(self, language: str, folder: Path = _FOLDER) -> None:
        self.language = language
        self._texts = read_yaml(folder / f"{language}.yml", _TextFile).texts

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of a key, with its `{names}` filled in.

        Raises:
            KeyError: if there is no such key, or a name in it has no value.
        """
        return self._texts[key].format(**values)

    def either(self, alternatives: Iterable[str]) -> str:
        """Join alternatives to one text."""
        return f" {self('or')} ".join(alternatives)

    def names(self, key: str) -> frozenset[str]:
        """Return the names that a text has to be given."""
        return frozenset(name for _, name, _, _ in Formatter().parse(self._texts[key]) if name is not None)

    @property
    def keys(self) -> frozenset[str]:
        """The keys there are."""
        return frozenset(self._texts)
