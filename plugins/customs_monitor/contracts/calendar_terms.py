"""The part of a contract that says which periods are collected, and in whose time."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from customs_monitor.contracts.periods import first_day, frequency

#: The frequency that a period of a collection has, by the contract's cadence.
_FREQUENCIES = {"monthly": "M", "quarterly": "Q", "annual": "A"}


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name!r} is no time zone: write one of the IANA database, like Europe/Brussels") from error
    return name


class CalendarTerms(BaseModel):
    """Which periods are collected and when.

    The deadline itself is the contract's `deadline`, in days after the end of the period. It ends with the day in
    `timeZone`; where that day is no working day, with the next one (see `customs_monitor.collection.calendar`).

    Attributes:
        timeZone: in whose days opening and deadline are counted.
        firstPeriod: the first period that is collected; deliveries of earlier ones are welcome and never late.
        opens: days after the period's last day on which the collection opens.
        cycles: the periods of a collection by cycle, in order: a cycle follows from no rule.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    timeZone: Annotated[str, AfterValidator(_known_zone)]
    firstPeriod: str
    opens: int = Field(default=1, ge=0)
    cycles: tuple[str, ...] = ()

    def problems(self, cadence: str) -> list[str]:
        """Return what does not fit the contract's cadence."""
        if cadence == "cycle":
            return self._cycle_problems()
        wanted = _FREQUENCIES.get(cadence)
        if wanted is None:
            return [f"a calendar fits the cadences {', '.join(_FREQUENCIES)} and cycle, not {cadence}"]
        problems = ["calendar.cycles is for the cadence cycle only"] if self.cycles else []
        if frequency(self.firstPeriod) != wanted or first_day(self.firstPeriod) is None:
            problems.append(f"calendar.firstPeriod {self.firstPeriod} is no period of a {cadence} collection")
        return problems

    def _cycle_problems(self) -> list[str]:
        if not self.cycles or any((frequency(cycle) or "A")[1:] == "" for cycle in self.cycles):
            return ["calendar.cycles needs every cycle, like 2021-2023"]
        if list(self.cycles) != sorted(set(self.cycles)):
            return ["calendar.cycles are not in order"]
        if self.firstPeriod not in self.cycles:
            return [f"calendar.firstPeriod {self.firstPeriod} is none of the cycles"]
        return []
