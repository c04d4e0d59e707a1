"""Deliveries: the history of a period, the verdict of a version, receipts, withdrawing."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import FileResponse, RedirectResponse
from starlette.responses import Response

from customs_monitor.collection.explanations import explanations_of
from customs_monitor.collection.life import DeliveryLife, NotWithdrawable, life_of
from customs_monitor.collection.life import withdraw as withdrawn
from customs_monitor.collection.records import Place
from customs_monitor.portal import audit
from customs_monitor.portal.auth.roles import Action, User, may
from customs_monitor.portal.content_questions import question_lines, questions_of
from customs_monitor.portal.dependencies import Services, ServicesDep, UserDep
from customs_monitor.portal.places import delivery_of, place_of, window_of
from customs_monitor.portal.problem import not_found
from customs_monitor.portal.receipts import FORMS, receipt_key, receipt_links
from customs_monitor.portal.rendering import page, said, translator_of
from customs_monitor.portal.report_files import local_file
from customs_monitor.portal.verdicts import Found, download, verdict_context

router = APIRouter(prefix="/deliveries/{feed}/{period}/{sender}")

_LONGEST_REASON = 2000


@router.get("")
def history(request: Request, services: ServicesDep, user: UserDep, feed: str, period: str, sender: str) -> Response:
    """Show every version that was sent for a period."""
    place = place_of(services, user, Action.see, feed, period, sender)
    versions = life_of(services.store, services.layout, services.registry, place)
    asked = window_of(services, feed, period)
    if not versions and asked is None:
        raise not_found()
    return page(
        request,
        "history.html.j2",
        feed=feed,
        period=period,
        sender=sender,
        first="/overview" if user.is_commission else "/collections",
        versions=versions,
        receipts={life.receipt.delivery_id: [form for form in FORMS if receipt_key(life, form)] for life in versions},
        explanations=explanations_of(services.store, services.layout, place),
        due_on=asked.due_on if asked else None,
        today=services.now().date(),
        may_check=may(user, Action.check, sender, feed),
        may_withdraw=may(user, Action.withdraw, sender, feed),
        may_explain=may(user, Action.explain, sender, feed),
    )


@router.get("/{delivery_id}")
def delivery(
    request: Request, services: ServicesDep, user: UserDep, feed: str, period: str, sender: str, delivery_id: str
) -> Response:
    """Show the verdict of a version."""
    place = place_of(services, user, Action.see, feed, period, sender)
    life = delivery_of(services, place, delivery_id)
    if life.judgement is None:
        return RedirectResponse(_history(place), HTTPStatus.SEE_OTHER)
    address = address_of(place, delivery_id)
    explain = f"{address}/explain" if may(user, Action.explain, sender, feed) else ""
    questions = question_lines(
        questions_of(services, place) if life.current else (),
        feed,
        translator_of(request),
        explanations_of(services.store, services.layout, place),
        explain,
    )
    first = "overview" if user.is_commission else "collections"
    return page(
        request,
        "delivery.html.j2",
        life=life,
        kind=".delivery",
        steps=[(f"/{first}", said(request, first)), (_history(place), said(request, "history"))],
        sha256=life.receipt.sha256,
        members=[],
        questions=questions,
        acknowledgements=receipt_links(life, address),
        may_check=may(user, Action.check, sender, feed),
        may_withdraw=may(user, Action.withdraw, sender, feed),
        **verdict_context(
            request,
            services,
            _found(services, place, life),
            life.explanations,
            explain,
        ),
    )


@router.get("/{delivery_id}/download/{kind}")
def delivery_file(
    request: Request, services: ServicesDep, user: UserDep, feed: str, period: str, sender: str, delivery_id: str,
    kind: str,
) -> Response:  # fmt: skip
    """Return a file of the report, or the delivery itself."""
    place = place_of(services, user, Action.see, feed, period, sender)
    life = delivery_of(services, place, delivery_id)
    if life.judgement is None:
        raise not_found()
    return download(request, services, _found(services, place, life), kind)


@router.get("/{delivery_id}/acknowledgement.{form}")
def acknowledgement(
    services: ServicesDep, user: UserDep, feed: str, period: str, sender: str, delivery_id: str, form: str
) -> Response:
    """Return the signed receipt."""
    place = place_of(services, user, Action.see, feed, period, sender)
    key = receipt_key(delivery_of(services, place, delivery_id), form) if form in FORMS else None
    if key is None:
        raise not_found()
    name = f"receipt-{feed}-{period}-{sender}-{delivery_id[:8]}.{form}"
    return FileResponse(local_file(services, key), filename=name)


@router.get("/{delivery_id}/withdraw")
def withdraw_form(
    request: Request, services: ServicesDep, user: UserDep, feed: str, period: str, sender: str, delivery_id: str
) -> Response:
    """Ask why, and whether she is sure."""
    return _withdrawing(request, services, user, Place(feed, period, sender), delivery_id)


@router.post("/{delivery_id}/withdraw")
def withdraw(
    request: Request, services: ServicesDep, user: UserDep, feed: str, period: str, sender: str, delivery_id: str,
    reason: Annotated[str, Form()] = "",
    sure: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """Withdraw a delivery."""
    audit.note("withdraw", delivery=delivery_id)
    place = place_of(services, user, Action.withdraw, feed, period, sender)
    reason = reason.strip()[:_LONGEST_REASON]
    if not reason or sure != "yes":
        return _withdrawing(request, services, user, place, delivery_id, "reason", reason)
    delivery_of(services, place, delivery_id)
    try:
        withdrawn(
            services.store, services.layout, services.registry, place, delivery_id, user.name, reason, services.now
        )
    except NotWithdrawable:
        return _withdrawing(request, services, user, place, delivery_id, "state", reason)
    return RedirectResponse(_history(place), HTTPStatus.SEE_OTHER)


def _withdrawing(
    request: Request,
    services: Services,
    user: User,
    asked: Place,
    delivery_id: str,
    wrong: str | None = None,
    reason: str = "",
) -> Response:
    place = place_of(services, user, Action.withdraw, *asked)
    life = delivery_of(services, place, delivery_id)
    status = {None: HTTPStatus.OK, "state": HTTPStatus.CONFLICT}.get(wrong, HTTPStatus.UNPROCESSABLE_ENTITY)
    return page(
        request,
        "withdraw.html.j2",
        status,
        feed=place.feed,
        period=place.period,
        life=life,
        delivery=address_of(place, delivery_id),
        history=_history(place),
        wrong=wrong,
        reason=reason,
    )


def address_of(place: Place, delivery_id: str) -> str:
    """Return the address of the page of a version."""
    return f"{_history(place)}/{delivery_id}"


def _history(place: Place) -> str:
    return f"/deliveries/{place.feed}/{place.period}/{place.sender}"


def _found(services: Services, place: Place, life: DeliveryLife) -> Found:
    assert life.judgement is not None
    receipt = life.receipt
    source = services.layout.key("landing", **place.fields, delivery_id=receipt.delivery_id, name=receipt.file)
    return Found(life.judgement, life.reports, source, receipt.file, address_of(place, receipt.delivery_id))
