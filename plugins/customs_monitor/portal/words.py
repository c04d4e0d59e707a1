"""The words of the portal in one language: texts by key, figures, days, sizes, names of Member States."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from customs_monitor.release.site.wording import figure, size
from customs_monitor.templates.texts import LANGUAGES, Texts

FOLDER = Path(__file__).with_name("texts")
ENGLISH = "en"
#: Every language by its own name.
NAMES: Mapping[str, str] = {"en": "English", "fr": "Français", "de": "Deutsch"}


class Words:
    """What pages say, in one language.

    Args:
        language: one of `LANGUAGES`.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.t = Texts(language, FOLDER)

    def has(self, key: str) -> bool:
        """Tell whether there is a text of this key."""
        return key in self.t.keys

    def counted(self, key: str, number: int) -> str:
        """Return a number with its noun in the right form, `<key>.one` or `<key>.many`."""
        one = number in (0, 1) if self.language == "fr" else number == 1
        return self.t(f"{key}.{'one' if one else 'many'}", count=figure(number))

    def day(self, moment: date) -> str:
        """Return a day as a person writes it."""
        return self.t("date", day=moment.day, month=self.t(f"month.{moment.month}"), year=moment.year)

    def moment(self, moment: datetime) -> str:
        """Return a moment with its time in UTC."""
        at = moment.astimezone(UTC)
        return self.t("moment", day=self.day(at), time=f"{at:%H:%M}")

    def country(self, code: str) -> str:
        """Return the name of a Member State, its code where it is none."""
        return self.t(key) if self.has(key := f"country.{code}") else code

    def size(self, count: int) -> str:
        """Return a number of bytes."""
        return size(count)


@cache
def words(language: str) -> Words:
    """Return the words of a language, read once; English for one that there is not."""
    return Words(language if language in LANGUAGES else ENGLISH)
