"""Explaining warnings, and taking explanations back."""

from __future__ import annotations

from datetime import date, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from customs_monitor.collection.explanations import (
    LONGEST,
    CannotExplain,
    explain,
    explanations_of,
    valid_explanations,
    withdraw_explanation,
)  # fmt: skip
from customs_monitor.collection.records import Place
from customs_monitor.portal import audit
from customs_monitor.portal.auth.roles import Action, may
from customs_monitor.portal.content_questions import questions_of
from customs_monitor.portal.dependencies import Services, ServicesDep, UserDep
from customs_monitor.portal.pages.deliveries import address_of
from customs_monitor.portal.places import delivery_of, place_of
from customs_monitor.portal.problem import not_found
from customs_monitor.portal.rendering import page

router = APIRouter()

#: What the form offers: an outlier is rarely news for longer.
_USUAL = timedelta(days=366)


@router.get("/explanations")
def explanations(request: Request, services: ServicesDep, user: UserDep) -> Response:
    """List the explanations that hold today, for the Commission."""
    if not may(user, Action.oversee, None, None):
        raise not_found()
    found = [
        item
        for item in valid_explanations(services.store, services.layout, services.registry, services.now().date())
        if may(user, Action.oversee, None, item.feed)
    ]
    return page(request, "explanations.html.j2", explanations=found)


@router.get("/deliveries/{feed}/{period}/{sender}/{delivery_id}/explain")
def explain_form(
    request: Request, services: ServicesDep, user: UserDep, feed: str, period: str, sender: str, delivery_id: str,
    rule: str,
    number: int = 0,
) -> Response:  # fmt: skip
    """Show the form, with what was said before where it is to be changed."""
    place = place_of(services, user, Action.explain, feed, period, sender)
    before = next(
        (item for item in explanations_of(services.store, services.layout, place) if item.number == number), None
    )
    today = services.now().date()
    return _form(
        request,
        services,
        place,
        delivery_id,
        rule,
        number=before.number if before else 0,
        text=before.text if before else "",
        expires=(before.expires_on if before else today + _USUAL).isoformat(),
    )


@router.post("/deliveries/{feed}/{period}/{sender}/{delivery_id}/explain")
def keep_explanation(
    request: Request, services: ServicesDep, user: UserDep, feed: str, period: str, sender: str, delivery_id: str,
    rule: Annotated[str, Form()],
    text: Annotated[str, Form()] = "",
    expires: Annotated[str, Form()] = "",
    number: Annotated[int, Form()] = 0,
) -> Response:  # fmt: skip
    """Keep an explanation; one that it replaces is taken back after that."""
    audit.note("explain", delivery=delivery_id)
    place = place_of(services, user, Action.explain, feed, period, sender)
    delivery_of(services, place, delivery_id)
    try:
        made = explain(
            services.store,
            services.layout,
            place,
            delivery_id,
            rule,
            text.strip(),
            date.fromisoformat(expires),
            user.name,
            services.now,
            questions=_asked(services, place),
        )
        if number and number != made.number:
            withdraw_explanation(services.store, services.layout, place, number, user.name, services.now)
    except ValueError:  # CannotExplain, or a day that is none
        return _form(
            request,
            services,
            place,
            delivery_id,
            rule,
            number=number,
            text=text[:LONGEST],
            expires=expires[:10],
            wrong="text",
        )
    return RedirectResponse(address_of(place, delivery_id), HTTPStatus.SEE_OTHER)


@router.post("/explanations/{feed}/{period}/{sender}/{number}/withdraw")
def take_back(services: ServicesDep, user: UserDep, feed: str, period: str, sender: str, number: int) -> Response:
    """Take an explanation back."""
    audit.note("take-back-explanation")
    place = place_of(services, user, Action.explain, feed, period, sender)
    try:
        withdraw_explanation(services.store, services.layout, place, number, user.name, services.now)
    except CannotExplain:
        raise not_found() from None
    return RedirectResponse(f"/deliveries/{feed}/{period}/{sender}", HTTPStatus.SEE_OTHER)


def _form(
    request: Request,
    services: Services,
    place: Place,
    delivery_id: str,
    rule: str,
    *,
    number: int,
    text: str,
    expires: str,
    wrong: str | None = None,
) -> Response:
    life = delivery_of(services, place, delivery_id)
    warned = {issue.rule for issue in life.judgement.issues if issue.severity == "warning"} if life.judgement else set()
    if rule not in warned | _asked(services, place):
        raise not_found()
    address = address_of(place, delivery_id)
    return page(
        request,
        "explain.html.j2",
        HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        feed=place.feed,
        period=place.period,
        delivery=address,
        history=address.rpartition("/")[0],
        rule=rule,
        number=number,
        text=text,
        expires=expires,
        today=services.now().date().isoformat(),
        longest=LONGEST,
        wrong=wrong,
    )


def _asked(services: Services, place: Place) -> set[str]:
    """Return the content checks that ask about the delivery in force."""
    return {item.rule for item in questions_of(services, place)}
