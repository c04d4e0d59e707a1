"""Deliveries: what was sent, in all its versions; withdraw, explain, receipts."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse, Response

from customs_monitor.collection.explanations import CannotExplain, explain, withdraw_explanation
from customs_monitor.collection.life import DeliveryLife, NotWithdrawable, life_of, periods_of, withdraw
from customs_monitor.collection.records import Place
from customs_monitor.portal.api.answers import delivery_document, explanation_document
from customs_monitor.portal.api.asking import SenderDep
from customs_monitor.portal.api.documents import (
    DeliveryDocument,
    ExplanationDocument,
    NewExplanation,
    Withdrawal,
)
from customs_monitor.portal.api.reports import DELIVERY, OwnDelivery, delivery_to
from customs_monitor.portal.auth.roles import Action, may
from customs_monitor.portal.content_questions import questions_of
from customs_monitor.portal.dependencies import Services, ServicesDep, UserDep
from customs_monitor.portal.places import delivery_of
from customs_monitor.portal.problem import Problem, not_found
from customs_monitor.portal.receipts import receipt_key
from customs_monitor.portal.report_files import local_file

router = APIRouter(tags=["deliveries"])

ExplainedDelivery = Annotated[DeliveryLife, Depends(delivery_to(Action.explain))]


@router.get("/deliveries")
def list_deliveries(
    services: ServicesDep, user: UserDep, sender: SenderDep, collection: str | None = None, period: str | None = None
) -> list[DeliveryDocument]:
    """List the versions of all deliveries, by collection, the latest period first."""
    feeds = [feed for feed in services.collections if may(user, Action.see, sender, feed)]
    return [
        delivery_document(life)
        for feed in feeds
        if collection in (None, feed)
        for found in periods_of(services.store, services.layout, feed, sender)
        if period in (None, found)
        for life in life_of(services.store, services.layout, services.registry, Place(feed, found, sender))
    ]


@router.get(DELIVERY)
def get_delivery(life: OwnDelivery) -> DeliveryDocument:
    """Return a version of a delivery."""
    return delivery_document(life)


@router.get(f"{DELIVERY}/file")
def get_file(services: ServicesDep, life: OwnDelivery) -> Response:
    """Return the bytes as they were received."""
    receipt = life.receipt
    key = services.layout.key(
        "landing",
        feed=receipt.feed,
        period=receipt.period,
        sender=receipt.sender,
        delivery_id=receipt.delivery_id,
        name=receipt.file,
    )
    return FileResponse(local_file(services, key), filename=receipt.file, media_type="application/octet-stream")


@router.get(f"{DELIVERY}/acknowledgement.{{form}}")
def get_acknowledgement(services: ServicesDep, life: OwnDelivery, form: Literal["json", "pdf"]) -> Response:
    """Return the signed receipt, which verifies with the keys at /.well-known/jwks.json."""
    key = receipt_key(life, form)
    if key is None:
        raise not_found()
    return FileResponse(local_file(services, key), filename=f"acknowledgement-{life.receipt.delivery_id}.{form}")


@router.post(f"{DELIVERY}/withdraw")
def withdraw_delivery(
    services: ServicesDep,
    user: UserDep,
    life: Annotated[DeliveryLife, Depends(delivery_to(Action.withdraw))],
    document: Withdrawal,
) -> DeliveryDocument:
    """Withdraw the version in force: the sender is missing for the period until another is sent."""
    delivery_id = life.receipt.delivery_id
    try:
        withdraw(
            services.store,
            services.layout,
            services.registry,
            life.place,
            delivery_id,
            user.name,
            document.reason,
            services.now,
        )
    except NotWithdrawable as error:
        raise Problem(HTTPStatus.CONFLICT, "not-withdrawable", f"{error}.") from None
    return delivery_document(delivery_of(services, life.place, delivery_id))


@router.post(f"{DELIVERY}/explanations", status_code=HTTPStatus.CREATED)
def add_explanation(
    services: ServicesDep,
    user: UserDep,
    life: ExplainedDelivery,
    document: NewExplanation,
) -> ExplanationDocument:
    """Explain the warnings of a rule, or the questions of a content check; published beside the figures."""
    try:
        return explanation_document(
            explain(
                services.store,
                services.layout,
                life.place,
                life.receipt.delivery_id,
                document.rule,
                document.text,
                document.expires_on,
                user.name,
                services.now,
                _asked(services, life.place) if life.current else (),
            )
        )
    except CannotExplain as error:
        raise Problem(HTTPStatus.CONFLICT, "cannot-explain", f"{error}.") from None


@router.delete(f"{DELIVERY}/explanations/{{number}}", status_code=HTTPStatus.NO_CONTENT)
def remove_explanation(services: ServicesDep, user: UserDep, life: ExplainedDelivery, number: int) -> None:
    """Take an explanation back."""
    try:
        withdraw_explanation(services.store, services.layout, life.place, number, user.name, services.now)
    except CannotExplain:
        raise not_found() from None


def _asked(services: Services, place: Place) -> set[str]:
    return {question.rule for question in questions_of(services, place)}
