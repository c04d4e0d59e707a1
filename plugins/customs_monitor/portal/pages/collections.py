"""What is asked of a Member State, by when, and what it has sent; templates to fill in."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from customs_monitor.collection.ics import calendar_file
from customs_monitor.collection.nil_return import nil_file
from customs_monitor.collection.uploads import uploads_of
from customs_monitor.portal.auth.roles import Action, may
from customs_monitor.portal.dependencies import Services, ServicesDep, UserDep
from customs_monitor.portal.languages import language_of
from customs_monitor.portal.places import feeds_of
from customs_monitor.portal.problem import not_found
from customs_monitor.portal.rendering import page, translator_of
from customs_monitor.portal.standings import PeriodStanding, own_standings
from customs_monitor.templates import TemplateError, earlier_keys, order, write_template

router = APIRouter()

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class _Collection:
    """A collection as its sender sees it.

    Attributes:
        nil: whether it has a nil return.
    """

    feed: str
    name: str
    purpose: str
    nil: bool
    periods: list[PeriodStanding]


@router.get("/collections")
def my_collections(request: Request, services: ServicesDep, user: UserDep) -> Response:
    """Show the collections of a sender; the Commission has its own page."""
    if user.sender is None:
        return RedirectResponse("/overview", HTTPStatus.SEE_OTHER)
    translator = translator_of(request)
    shown = [
        _Collection(
            feed,
            translator.name(feed),
            translator.purpose(feed),
            has_nil_return(services, feed),
            own_standings(services, feed, user.sender),
        )
        for feed in feeds_of(services, user, Action.see)
    ]
    waiting = sum(
        item.state in ("checked", "checking", "complete")
        for item in uploads_of(services.store, services.layout, user.sender)
    )
    return page(
        request,
        "collections.html.j2",
        sender=user.sender,
        collections=shown,
        uploads=waiting,
        may_check=may(user, Action.check, user.sender, None),
        may_send=may(user, Action.send, user.sender, None),
    )


@router.get("/collections.ics")
def deadlines(request: Request, services: ServicesDep, user: UserDep) -> Response:
    """Return the deadlines of a sender as a calendar file (RFC 5545)."""
    if user.sender is None:
        raise not_found()
    content = calendar_file(
        services.registry,
        user.sender,
        services.now(),
        feeds=frozenset(feeds_of(services, user, Action.see)),
        language=language_of(request),
        url=services.settings.url,
    )
    headers = {"Content-Disposition": f'attachment; filename="deadlines-{user.sender}.ics"'}
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


@router.get("/templates/{feed}/{period}")
def template(request: Request, services: ServicesDep, user: UserDep, feed: str, period: str) -> Response:
    """Return the template of a period in the language of the pages, with the keys of what was sent before."""
    if feed not in services.collections or not may(user, Action.see, user.sender, feed):
        raise not_found()
    try:
        asked = order(services.registry, feed, services.now().date(), period=period, sender=user.sender)
    except TemplateError:
        raise not_found() from None
    with TemporaryDirectory(dir=services.scratch) as folder:
        target = Path(folder) / "template.xlsx"
        earlier = earlier_keys(services.store, services.layout, asked, services.registry) if user.sender else None
        rows = earlier.rows if earlier else ()
        content = write_template(asked, services.registry, target, language_of(request), rows).read_bytes()
    name = "-".join(filter(None, (feed, period, user.sender)))
    return Response(content, media_type=_XLSX, headers={"Content-Disposition": f'attachment; filename="{name}.xlsx"'})


def has_nil_return(services: Services, feed: str) -> bool:
    """Tell whether a collection has a nil return."""
    try:
        nil_file(services.registry.feeds[feed], services.registry, "2000", "EL")
    except ValueError:
        return False
    return True
