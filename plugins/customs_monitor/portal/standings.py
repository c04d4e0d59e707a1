"""How a sender stands in a period of a collection: what counts of her, or why nothing does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from customs_monitor.collection.calendar import Window, windows
from customs_monitor.collection.in_force import versions_of
from customs_monitor.collection.life import State
from customs_monitor.collection.versions import Version
from customs_monitor.portal.dependencies import Services

#: Days before the deadline from which on what is missing is pointed out.
_SOON = 14
#: Periods that are shown of a collection.
SHOWN = 4

StandingState = State | Literal["missing", "due", "late"]


@dataclass(frozen=True)
class PeriodStanding:
    """How a sender stands in a period.

    Attributes:
        state: of the version that counts, else of the last one; without any: missing, due soon or late.
        versions: how many she has sent.
        due_on: the last day; None where the contract sets none.
        days_left: until then, negative after it.
        received_at: when that version came.
        days_late: by how many days the first version that was accepted came after the deadline; a revision of what
            came in time is not late.
    """

    period: str
    state: StandingState
    versions: int
    due_on: date | None
    days_left: int
    received_at: datetime | None = None
    days_late: int = 0


def standing(period: str, window: Window | None, versions: Sequence[Version], now: datetime) -> PeriodStanding:
    """Return how a sender stands.

    Args:
        period: the period.
        window: in which it is asked for, None where the contract does not.
        versions: what she has sent, in the order in which it supersedes.
        now: the time.
    """
    left = (window.due_on - now.astimezone(window.closes_at.tzinfo).date()).days if window else 0
    due_on = window.due_on if window else None
    shown = next((item for item in versions if item.current), versions[-1] if versions else None)
    if shown is None:
        state: StandingState = "missing" if left > _SOON or window is None else "due" if left >= 0 else "late"
        return PeriodStanding(period, state, 0, due_on, left)
    late = 0
    if window and shown.current:
        accepted = (item for item in versions if item.judgement is not None and item.judgement.verdict != "refused")
        late = window.days_late(min(item.receipt.received_at for item in accepted))
    return PeriodStanding(period, shown.state, len(versions), due_on, left, shown.receipt.received_at, late)


def own_standings(services: Services, feed: str, sender: str) -> list[PeriodStanding]:
    """Return how a sender stands in the latest periods of a collection, the latest first.

    These are the last that have opened, and those that she has sent something for without being asked.
    """
    contract, now = services.registry.feeds[feed], services.now()
    asked = {
        window.period: window
        for window in windows(contract, now)[-SHOWN:]
        if sender in services.registry.expected_senders(feed, window.period)
    }
    sent = {
        period: versions
        for (period, who), versions in versions_of(services.store, services.layout, contract).items()
        if who == sender
    }
    further = sorted(set(sent) - set(asked), reverse=True)[:SHOWN]
    shown = sorted({*asked, *further}, reverse=True)
    return [standing(period, asked.get(period), sent.get(period, ()), now) for period in shown]


def standings_of_period(services: Services, feed: str, window: Window) -> dict[str, PeriodStanding]:
    """Return how everybody who is to send stands in a period, by sender."""
    contract, now = services.registry.feeds[feed], services.now()
    found = versions_of(services.store, services.layout, contract, period=window.period)
    return {
        sender: standing(window.period, window, found.get((window.period, sender), ()), now)
        for sender in services.registry.expected_senders(feed, window.period)
    }
