"""When a collection is open: opening and deadline of every period, from the contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from customs_monitor.collection.working_days import working_day_from
from customs_monitor.contracts import Contract
from customs_monitor.contracts.periods import first_day, following, last_day


@dataclass(frozen=True)
class Window:
    """The time in which a period of a collection is asked for.

    Attributes:
        feed, period: which.
        opens_at: the first moment.
        due_on: the last day, in the collection's own time zone.
        closes_at: the end of that day: the first moment after the deadline.
        nominal: the day that the contract's count of days gives; `due_on` is later where that is no working day.
    """

    feed: str
    period: str
    opens_at: datetime
    due_on: date
    closes_at: datetime
    nominal: date

    def is_open(self, now: datetime) -> bool:
        """Tell whether deliveries are asked for and in time."""
        return self.opens_at <= now < self.closes_at

    def days_late(self, received_at: datetime) -> int:
        """Return by how many calendar days of the collection's time zone something came after the deadline, 0 if not.

        Args:
            received_at: any time with a time zone.
        """
        local = received_at.astimezone(self.closes_at.tzinfo)
        return max(0, (local.date() - self.due_on).days)


def window(contract: Contract, period: str) -> Window | None:
    """Return the window of a period; None where the contract does not collect it.

    Args:
        contract: the collection's.
        period: any text.
    """
    return _window(contract, period) if period in _periods(contract, until=last_day(period)) else None


def windows(contract: Contract, now: datetime, ahead: timedelta = timedelta(0)) -> list[Window]:
    """Return the windows that have opened, whether or not they have closed again, the oldest first.

    Args:
        contract: a contract; one without a calendar has none.
        now: the time, with a time zone.
        ahead: also those that open within this time.
    """
    until = (now + ahead).date() + timedelta(days=1)
    found = (_window(contract, period) for period in _periods(contract, until))
    return [item for item in found if item.opens_at <= now + ahead]


def _periods(contract: Contract, until: date | None) -> Iterator[str]:
    """Yield the periods that are collected and have ended by a day."""
    terms = contract.calendar
    if terms is None or until is None:
        return
    if terms.cycles:
        yield from (
            cycle for cycle in terms.cycles[terms.cycles.index(terms.firstPeriod) :] if _ended(contract, cycle, until)
        )
        return
    period: str | None = terms.firstPeriod
    while period is not None and (last_day(period) or date.max) <= until:
        if _ended(contract, period, until):
            yield period
        period = following(period)


def _ended(contract: Contract, period: str, until: date) -> bool:
    first, last = first_day(period), last_day(period)
    return first is not None and last is not None and contract.since <= first and last <= until


def _window(contract: Contract, period: str) -> Window:
    terms, last = contract.calendar, last_day(period)
    assert terms is not None
    assert last is not None
    assert contract.deadline is not None
    zone = ZoneInfo(terms.timeZone)
    nominal = last + timedelta(days=contract.deadline)
    due_on = working_day_from(nominal)
    return Window(
        feed=contract.id,
        period=period,
        opens_at=_begin(last + timedelta(days=terms.opens), zone),
        due_on=due_on,
        closes_at=_begin(due_on + timedelta(days=1), zone),
        nominal=nominal,
    )


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
