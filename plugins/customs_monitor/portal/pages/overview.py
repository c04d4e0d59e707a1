"""Collection x Member State x period, for the Commission."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import Response

from customs_monitor.collection.calendar import windows
from customs_monitor.collection.closing import Closing, last_closings
from customs_monitor.portal.auth.roles import Action, may
from customs_monitor.portal.dependencies import Services, ServicesDep, UserDep
from customs_monitor.portal.problem import not_found
from customs_monitor.portal.rendering import page, translator_of
from customs_monitor.portal.standings import SHOWN, PeriodStanding, standings_of_period
from customs_monitor.portal.words import words

router = APIRouter()

ClosingState = Literal["open", "complete", "provisional", "revised"]
_COUNTS = frozenset({"accepted", "accepted_with_warnings"})


@dataclass(frozen=True)
class PeriodOverview:
    """A period of a collection over all who are to send.

    Attributes:
        sent: how many have a delivery in force, `expected` how many are to.
        missing: who has none, by name.
        cells: how each stands, by sender.
    """

    period: str
    due_on: date
    closing: ClosingState
    sent: int
    expected: int
    missing: list[str]
    cells: Mapping[str, PeriodStanding]


@dataclass(frozen=True)
class CollectionOverview:
    """A collection, its latest periods first."""

    feed: str
    name: str
    periods: list[PeriodOverview]
    senders: list[str]


@router.get("/overview")
def overview(request: Request, services: ServicesDep, user: UserDep) -> Response:
    """Show who has sent, who is late, and how collections were closed."""
    if not may(user, Action.oversee, None, None):
        raise not_found()
    translator = translator_of(request)
    shown = [
        _collection(services, feed, translator.name(feed), words(translator.language).country)
        for feed in services.collections
        if may(user, Action.oversee, None, feed)
    ]
    return page(request, "overview.html.j2", collections=shown)


def closing_state(closing: Closing | None) -> ClosingState:
    """Return how a period was closed, in a word."""
    if closing is None:
        return "open"
    if closing.provisional:
        return "provisional"
    return "revised" if closing.number > 1 else "complete"


def _collection(services: Services, feed: str, name: str, country: Callable[[str], str]) -> CollectionOverview:
    closed = last_closings(services.store, services.layout, feed)
    periods = []
    for window in reversed(windows(services.registry.feeds[feed], services.now())[-SHOWN:]):
        cells = standings_of_period(services, feed, window)
        missing = sorted((sender for sender, cell in cells.items() if cell.state not in _COUNTS), key=country)
        periods.append(
            PeriodOverview(
                window.period,
                window.due_on,
                closing_state(closed.get(window.period)),
                len(cells) - len(missing),
                len(cells),
                missing,
                cells,
            )
        )
    senders = sorted({sender for period in periods for sender in period.cells}, key=country)
    return CollectionOverview(feed, name, periods, senders)
