"""What a synthetic EU is made from: a seed, a range of quarters, the sizes of the registers and the codes in force."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import TypeAlias

from customs_monitor.contracts import Registry
from customs_monitor.contracts.periods import last_day

#: One row of a delivery by the names of the contract's properties; days are ISO texts, None is empty.
Row: TypeAlias = dict[str, str | int | bool | None]

_QUARTER = re.compile(r"(\d{4})-Q([1-4])")
#: The first cycle of the strategy's reporting that the questionnaire was asked in; cycles have three years.
_FIRST_YEAR = 2018
_CYCLE_YEARS = 3


class SynthError(ValueError):
    """A synthetic EU cannot be made from what was asked for; the message says what to give instead."""


@dataclass(frozen=True)
class World:
    """All that the deliveries depend on; the same world gives the same bytes.

    Attributes:
        quarters: in their order.
        authorisations: entries of the AEO register; forms and profiles follow in proportion.
        members: the Member States that ever report.
    """

    seed: int
    quarters: tuple[str, ...]
    authorisations: int
    members: frozenset[str]
    registry: Registry

    def random(self, *parts: object) -> Random:
        """Return a source of chance of its own for a purpose: what is drawn for one does not move the others."""
        return Random("|".join(map(str, (self.seed, *parts))))  # noqa: S311 - made-up data, no secrets

    @property
    def years(self) -> tuple[str, ...]:
        """The years that the range touches."""
        return tuple(sorted({quarter[:4] for quarter in self.quarters}))

    @property
    def cycles(self) -> tuple[str, ...]:
        """The reporting cycles that the range touches."""
        starts = {_FIRST_YEAR + (int(year) - _FIRST_YEAR) // _CYCLE_YEARS * _CYCLE_YEARS for year in self.years}
        return tuple(f"{start}-{start + _CYCLE_YEARS - 1}" for start in sorted(starts))

    def codes(self, codelist: str, period: str) -> tuple[str, ...]:
        """Return the codes of a list that are valid on the last day of a period."""
        return self.registry.codelists[codelist].valid_codes(end_of(period))

    def senders(self, feed: str, period: str) -> tuple[str, ...]:
        """Return who is expected to deliver, and ever reports."""
        return tuple(sender for sender in self.registry.expected_senders(feed, period) if sender in self.members)


def end_of(period: str) -> date:
    """Return the last day of a period of ours."""
    day = last_day(period)
    assert day is not None
    return day


def quarters_between(first: str, last: str) -> tuple[str, ...]:
    """Return the quarters from the first to the last.

    Raises:
        SynthError: if one is none, they are in the wrong order, or the first is before the first reporting cycle.
    """
    numbers = []
    for quarter in (first, last):
        match = _QUARTER.fullmatch(quarter)
        if match is None:
            raise SynthError(f"{quarter!r} is no quarter: write it like 2026-Q3")
        numbers.append(int(match[1]) * 4 + int(match[2]) - 1)
    if numbers[0] > numbers[1]:
        raise SynthError(f"the range ends with {last}, before it begins with {first}: give the earlier quarter first")
    if int(first[:4]) < _FIRST_YEAR:
        raise SynthError(
            f"the range begins with {first}, before the codelists of the questionnaire: give 2018-Q1 or later"
        )
    return tuple(f"{number // 4}-Q{number % 4 + 1}" for number in range(numbers[0], numbers[1] + 1))
