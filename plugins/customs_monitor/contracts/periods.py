"""Reporting periods: `2026`, `2026-Q3`, `2026-09`, `2026-09-30` and cycles such as `2018-2020`.

The forms are the SDMX reporting and Gregorian periods (SDMX 3.0, section 6, "Time and Time Formatting"); a cycle is
the closed range of years over which the strategy's progress is reported.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

#: The period of a delivery that spans several.
SEVERAL = "_Z"

_FORMS = (
    ("D", re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})")),
    ("M", re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})")),
    ("Q", re.compile(r"(?P<year>\d{4})-Q(?P<quarter>[1-4])")),
    ("A", re.compile(r"(?P<year>\d{4})")),
    ("cycle", re.compile(r"(?P<year>\d{4})-(?P<last>\d{4})")),
)


def _parts(period: str) -> tuple[str, dict[str, int]] | None:
    for form, pattern in _FORMS:
        if match := pattern.fullmatch(period):
            return form, {name: int(text) for name, text in match.groupdict().items()}
    return None


def frequency(period: str) -> str | None:
    """Return the SDMX frequency of a period (A, Q, M, D; A2, A3 ... for a cycle by its length), None if it is none."""
    found = _parts(period)
    if found is None:
        return None
    form, parts = found
    if form == "cycle":
        length = parts["last"] - parts["year"] + 1
        return f"A{length}" if length > 1 else None
    return form


def alike(one: str, other: str) -> bool:
    """Tell whether two periods are of the same kind: both years, say, or both cycles, of whatever length."""
    forms = [found[0] for period in (one, other) if (found := _parts(period)) is not None]
    return len(forms) == 2 and forms[0] == forms[1]


def last_day(period: str) -> date | None:
    """Return the last day of a period, None where it is none (`_Z`, nonsense, 30 February)."""
    found = _parts(period)
    if found is None or not 1 <= found[1]["year"] <= 9999:
        return None
    form, parts = found
    year = parts["year"]
    try:
        match form:
            case "D":
                return date(year, parts["month"], parts["day"])
            case "M":
                return date(year, parts["month"], monthrange(year, parts["month"])[1])
            case "Q":
                month = 3 * parts["quarter"]
                return date(year, month, monthrange(year, month)[1])
            case "A":
                return date(year, 12, 31)
            case _:
                return date(parts["last"], 12, 31) if parts["last"] > year else None
    except ValueError:
        return None


def first_day(period: str) -> date | None:
    """Return the first day of a period, None where it is none."""
    found = _parts(period)
    if found is None or last_day(period) is None:
        return None
    parts = found[1]
    month = 3 * parts["quarter"] - 2 if "quarter" in parts else parts.get("month", 1)
    return date(parts["year"], month, parts.get("day", 1))


def following(period: str) -> str | None:
    """Return the period after a day, month, quarter or year; None for a cycle, whose length is no rule."""
    found = _parts(period)
    last = last_day(period)
    if found is None or last is None or found[0] == "cycle":
        return None
    after = last + timedelta(days=1)
    match found[0]:
        case "D":
            return after.isoformat()
        case "M":
            return f"{after:%Y-%m}"
        case "Q":
            return f"{after.year:04d}-Q{(after.month + 2) // 3}"
        case _:
            return f"{after.year:04d}"
