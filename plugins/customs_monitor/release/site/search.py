"""The index of everything the site has: an A to Z that a small script filters as one types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from customs_monitor.release.contents import Contents
from customs_monitor.release.site.framework import OBJECTIVES


@dataclass(frozen=True)
class Entry:
    """Something that can be found; `words` are looked at besides its title."""

    title: str
    kind: str
    href: str
    words: str

    @property
    def letter(self) -> str:
        """The heading it is under."""
        first = self.title.lstrip("\u2018\u201c'\"")[:1].upper()
        return first if first.isalpha() else "0\u20139"


def index(
    contents: Contents, countries: Iterable[tuple[str, str]], pages: Iterable[tuple[str, str]]
) -> list[tuple[str, list[Entry]]]:
    """Return all entries by their letters, A to Z.

    Args:
        contents: of the release.
        countries: code and name of the Member States that have a page.
        pages: address and title of the pages of the menu.
    """
    entries = [*_of_contents(contents), *_others(countries, pages)]
    letters: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda item: (item.letter, item.title.casefold(), item.href)):
        letters.setdefault(entry.letter, []).append(entry)
    return list(letters.items())


def _of_contents(contents: Contents) -> Iterator[Entry]:
    for entry in contents.indicators:
        spec = entry.spec
        words = [entry.id, entry.level, entry.unit, entry.source, entry.state]
        if spec is not None:
            words += [spec.purpose, spec.definition, *spec.dimensions]
        yield Entry(entry.title, f"Indicator {entry.id}", f"indicators/{entry.id}.html", _plain(words))
    for mart in contents.marts:
        words = [mart.dataset.id, mart.dataset.description, *mart.feeds]
        yield Entry(mart.dataset.title, "Table", f"marts/{mart.dataset.id}.html", _plain(words))


def _others(countries: Iterable[tuple[str, str]], pages: Iterable[tuple[str, str]]) -> Iterator[Entry]:
    for code, name in countries:
        yield Entry(name, "Member State", f"countries/{code}.html", code)
    for objective in OBJECTIVES:
        yield Entry(
            objective.short, f"Objective {objective.number}", f"objectives/{objective.number}.html", objective.text
        )
    for href, title in pages:
        yield Entry(title, "Page", href, "")


def _plain(words: Sequence[str]) -> str:
    return " ".join(" ".join(words).split())
