"""Observations, and how groups of rows become them: totals, confidentiality, status, senders that are missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import TypeAlias

from .periods import frequency, members

EU = "EU27_2020"
TOTAL = "_T"
Value: TypeAlias = int | Fraction
#: A row of a delivery by property.
Row: TypeAlias = dict[str, str | int | bool | None]

_FRACTIONS = {"SHARE", "SHARE_3_4", "SHARE_COMPLETED", "RATE_AEO", "RATE_NON_AEO", "RATE_DIFFERENCE"}


@dataclass(frozen=True)
class Observation:
    """One row of an indicator's table, its value before what is confidential is emptied for the public."""

    indicator: str
    area: str
    period: str
    key: tuple[str, ...]
    measure: str
    value: Value | None
    status: str
    confidentiality: str
    n_senders: int
    n_expected: int

    @property
    def freq(self) -> str:
        """FREQ."""
        return frequency(self.period)

    @property
    def unit(self) -> str:
        """UNIT_MEASURE."""
        return "SCORE" if self.measure == "MEAN" else "FRACTION" if self.measure in _FRACTIONS else "PURE_NUMB"


@dataclass(frozen=True)
class Coverage:
    """Who delivered a feed for a period, of whom it was expected."""

    present: frozenset[str]
    expected: frozenset[str]

    @property
    def missing(self) -> list[str]:
        """Who is expected and has not delivered."""
        return sorted(self.expected - self.present)

    def status(self, area: str) -> str:
        """Return A, or P for the Union while somebody is missing."""
        return "P" if area == EU and len(self.present) < len(self.expected) else "A"


def expected_of(feed_is_of_members: bool, period: str) -> frozenset[str]:
    """Return who is expected: the Member States on the last day of the period, or the Commission."""
    return members(period) if feed_is_of_members else frozenset({"TAXUD"})


@dataclass(frozen=True)
class Indicator:
    """What all observations of one indicator have in common for one period."""

    id: str
    period: str
    coverage: Coverage

    def cell(
        self, area: str, key: tuple[str, ...], values: dict[str, Value | None], *, confidential: bool = False
    ) -> Iterator[Observation]:
        """Yield the observations of one cell; a measure without a value has none."""
        for measure, value in values.items():
            if value is not None:
                yield Observation(
                    self.id,
                    area,
                    self.period,
                    key,
                    measure,
                    value,
                    self.coverage.status(area),
                    "C" if confidential else "F",
                    len(self.coverage.present),
                    len(self.coverage.expected),
                )

    def missing_senders(self, dimensions: int, measure: str) -> Iterator[Observation]:
        """Yield one observation without a value for each sender that is missing, if somebody has delivered."""
        if not self.coverage.present:
            return
        for sender in self.coverage.missing:
            yield Observation(
                self.id,
                sender,
                self.period,
                (TOTAL,) * dimensions,
                measure,
                None,
                "L",
                "F",
                len(self.coverage.present),
                len(self.coverage.expected),
            )


def totals(key: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield a key with every choice of its parts replaced by the total: the cells that a row counts in."""
    return product(*((part, TOTAL) for part in key))


def areas(own: str, period: str) -> tuple[str, ...]:
    """Return the areas that a row counts in: its own, and the Union if that is a Member State at the time."""
    return (own, EU) if own in members(period) else (own,)


def share(part: int, whole: int) -> Fraction | None:
    """Return an exact ratio, None where there is nothing to divide by."""
    return Fraction(part, whole) if whole else None


def mean(values: Iterable[Value]) -> Fraction | None:
    """Return an exact mean, None of nothing."""
    found = list(values)
    return Fraction(sum(found, Fraction(0)), len(found)) if found else None


def number(row: Row, column: str) -> int:
    """Return a count of a row."""
    value = row[column]
    if not isinstance(value, int):
        raise TypeError(f"{column} is {value!r}, which is no count")
    return value


def text(row: Row, column: str) -> str:
    """Return a code or a day of a row."""
    value = row[column]
    if not isinstance(value, str):
        raise TypeError(f"{column} is {value!r}, which is no text")
    return value
