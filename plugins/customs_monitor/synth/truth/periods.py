"""Periods and the Union's composition by date."""

from __future__ import annotations

#: Members of the Union on every day since July 2013; the United Kingdom was one until 31 January 2020.
_MEMBERS = frozenset(
    (
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IT", "LT", "LU",
        "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    )
)  # fmt: skip
_UK_LAST_DAY = "2020-01-31"
_QUARTER_ENDS = {"Q1": "03-31", "Q2": "06-30", "Q3": "09-30", "Q4": "12-31"}
_QUARTER_BEGINS = {"Q1": "01-01", "Q2": "04-01", "Q3": "07-01", "Q4": "10-01"}


def last_day(period: str) -> str:
    """Return the last day of `2026`, `2026-Q3` or `2024-2026` in ISO form, which compares as text."""
    if "Q" in period:
        return f"{period[:4]}-{_QUARTER_ENDS[period[5:]]}"
    return f"{period[-4:]}-12-31"


def first_day(quarter: str) -> str:
    """Return the first day of a quarter."""
    return f"{quarter[:4]}-{_QUARTER_BEGINS[quarter[5:]]}"


def frequency(period: str) -> str:
    """Return the frequency: A, Q, or A3 for a cycle of three years."""
    if "Q" in period:
        return "Q"
    return "A" if len(period) == 4 else f"A{int(period[5:]) - int(period[:4]) + 1}"


def members(period: str) -> frozenset[str]:
    """Return the Member States on the last day of a period."""
    return _MEMBERS | {"UK"} if last_day(period) <= _UK_LAST_DAY else _MEMBERS
