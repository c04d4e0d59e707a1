"""Figures, codes and statuses as a person reads them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from customs_monitor.contracts import Contract, Registry

#: What stands where there is no figure, by OBS_STATUS (the symbols of Eurostat's tables).
_SYMBOLS = {"Q": "c", "L": ":", "M": "\u2013", "O": ":", "H": ":", "K": ":"}
NO_ROW = "\u2013"

#: Every symbol of the tables with what it means.
LEGEND: Mapping[str, str] = {
    "\u2013": "no figure: it never occurred, or its denominator is 0",
    ":": "missing: the sender did not deliver",
    "c": "confidential: the value is not public",
    "d": "definition differs: the source answers a neighbouring question",
    "p": "provisional: senders are missing",
    "s": "synthetic: made up, says nothing of the real world",
}
_FLAGS = {"D": "d", "P": "p"}
_SPECIAL = {"_T": "Total", "_Z": "Not applicable", "_X": "Not known", "EU27_2020": "European Union"}
#: Columns of tables whose values are codes or a total, so that their concept names no codelist.
_LISTS: Mapping[str, tuple[str, ...]] = {
    "origin_country": ("area",),
    "hazard_code": ("hazard_category", "product_risk"),
}
_NARROW_SPACE = "\u202f"
#: A difference of two fractions is one too, in the data files; to a reader it is of percentage points.
POINTS = "POINTS"
_PER_CENT: Mapping[str | None, str] = {"FRACTION": "%", POINTS: "pp"}
_LARGE, _SMALL, _TINY = 1e5, 10, 1e-3


def figure(value: object, unit: str | None = None) -> str:
    """Return a figure in words: thousands set apart, fractions as per cent, scores with two decimals."""
    if value is None:
        return NO_ROW
    number = float(value) if isinstance(value, Decimal | int | float) else math.nan
    if unit in _PER_CENT:
        text = f"{number * 100:.1f}{_NARROW_SPACE}{_PER_CENT[unit]}"
    elif unit == "SCORE":
        text = f"{number:.2f}"
    else:
        decimals = 0 if number == int(number) or abs(number) >= _LARGE else 2 if abs(number) >= _SMALL else 4
        text = f"{number:,.{decimals}f}" if abs(number) >= _TINY or number == 0 else f"{number:.3g}"
    return _with_a_minus(text.replace(",", _NARROW_SPACE))


def tick_text(value: float, unit: str | None = None) -> str:
    """Return the figure at a tick of an axis: without the decimals that every other tick has, too."""
    if unit in _PER_CENT:
        return _with_a_minus(f"{value * 100:g}{_NARROW_SPACE}{_PER_CENT[unit]}")
    return figure(value) if value == int(value) else _with_a_minus(f"{value:g}")


def _with_a_minus(text: str) -> str:
    """Return a figure with a minus sign, which is as wide as a plus, in the place of a hyphen before it."""
    return f"\u2212{text[1:]}" if text.startswith("-") else text


def cell(value: object) -> str:
    """Return any value of a table that is no indicator; never empty."""
    if value is None or value == "":
        return NO_ROW
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal | int | float):
        return figure(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)


def observation(value: float | None, unit: str, status: str) -> tuple[str, str]:
    """Return the text of a cell of an indicator and its flag, which is empty for a normal value."""
    if value is None:
        return _SYMBOLS.get(status, ":"), ""
    return figure(value, unit), _FLAGS.get(status, "")


def size(count: int) -> str:
    """Return a number of bytes in words."""
    amount, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"


def lowered(text: str) -> str:
    """Return a label as it stands within a sentence: abbreviations stay as they are."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def day(moment: date) -> str:
    """Return a day as a person writes it."""
    return f"{moment.day} {moment:%B %Y}"


def listed(words: Sequence[str], most: int | None = None) -> str:
    """Return words as an enumeration, `a, b and c`; beyond `most` of them the rest is counted."""
    if most is not None and len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most} more"
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun in the right form."""
    return f"{figure(number)} {one if number == 1 else many or one + 's'}"


class Labels:
    """The labels of codes, from the codelists."""

    def __init__(self, registry: Registry) -> None:
        self._codelists = registry.codelists

    def of(self, codelist: str | None, code: object) -> str:
        """Return the label of a code, the code itself where no list has it."""
        text = str(code)
        if text in _SPECIAL:
            return _SPECIAL[text]
        if codelist is None or codelist not in self._codelists:
            return text
        return self._codelists[codelist].label(text) or text

    def areas(self, codes: Iterable[str]) -> list[str]:
        """Return the names of areas, sorted."""
        return sorted(self.of("area", code) for code in codes)

    def of_column(self, column: str, codelist: str | None, code: object) -> str:
        """Return the label of a value of a table's column, the value itself where it is no code."""
        lists = (codelist,) if codelist else _LISTS.get(column)
        if lists is None:
            return _SPECIAL.get(str(code), str(code))
        return next((label for name in lists if (label := self.of(name, code)) != str(code)), str(code))

    def rank(self, codelist: str | None, code: object) -> tuple[int, int, str]:
        """Return a sort key: totals first, then the order of the list."""
        text = str(code)
        order = 0
        if codelist is not None and codelist in self._codelists and len(self._codelists[codelist].by_code) < _LISTED:
            codes = list(self._codelists[codelist].by_code)
            order = codes.index(text) if text in codes else len(codes)
        return (0 if text in _SPECIAL else 1, order, text)


#: Longer lists (products) are in the order of their codes anyway.
_LISTED = 1000


def about(contract: Contract, rule: str, registry: Registry) -> str:
    """Return what a rule or a content check of a contract is about: the label of its column, else its name in words."""
    schema = contract.schema_
    columns = {item.id: item.column for item in schema.quality} | {
        item.id: item.column for item in schema.contentChecks
    }
    column = columns.get(rule) or rule.partition(".")[0]
    return registry.concepts[column].label if column in registry.concepts else column.replace("_", " ")
