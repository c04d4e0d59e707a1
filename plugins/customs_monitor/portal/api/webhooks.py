"""Webhooks: where verdicts are told to."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter

from customs_monitor.portal.api.asking import SenderDep
from customs_monitor.portal.api.documents import NewWebhook, WebhookDocument
from customs_monitor.portal.auth.roles import Action, User
from customs_monitor.portal.dependencies import Services, ServicesDep, UserDep, authorise
from customs_monitor.portal.problem import Problem, not_found
from customs_monitor.portal.webhook_calls import AddressRefused, check_address, failures_of
from customs_monitor.portal.webhooks import MOST, TooMany, Webhook

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


@router.post("", status_code=HTTPStatus.CREATED)
def register_webhook(services: ServicesDep, user: UserDep, sender: SenderDep, document: NewWebhook) -> WebhookDocument:
    """Register an address that verdicts are told to.

    Each verdict is a POST of a JSON document without any row or value. Its header Customs-Monitor-Signature is a
    detached JWS (RFC 7515, appendix F) by a key of /.well-known/jwks.json. A call that is not answered with 2xx is
    repeated with growing pauses for two days, with the same Event-Id.
    """
    authorise(user, Action.notify, sender, None)
    url = str(document.url)
    try:
        check_address(url, services.settings.webhook_networks)
        webhook = services.webhooks.register(sender, url, by=user.name, collections=user.collections)
    except AddressRefused as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "address-refused", f"{error}.") from None
    except TooMany:
        raise Problem(
            HTTPStatus.CONFLICT, "too-many-webhooks", f"There are {MOST} webhooks already: remove one first."
        ) from None
    return _document(services, webhook)


@router.get("")
def list_webhooks(services: ServicesDep, user: UserDep, sender: SenderDep) -> list[WebhookDocument]:
    """List the sender's webhooks."""
    authorise(user, Action.notify, sender, None)
    return [_document(services, webhook) for webhook in services.webhooks.of_sender(sender) if _in_scope(user, webhook)]


@router.delete("/{webhook_id}", status_code=HTTPStatus.NO_CONTENT)
def remove_webhook(services: ServicesDep, user: UserDep, sender: SenderDep, webhook_id: str) -> None:
    """Remove a webhook; it is called no more."""
    authorise(user, Action.notify, sender, None)
    webhook = services.webhooks.find(sender, webhook_id)
    if webhook is None or not _in_scope(user, webhook):
        raise not_found()
    services.webhooks.remove(webhook, by=user.name)


def _in_scope(user: User, webhook: Webhook) -> bool:
    if user.collections is None:
        return True
    return webhook.collections is not None and webhook.collections <= user.collections


def _document(services: Services, webhook: Webhook) -> WebhookDocument:
    return WebhookDocument(
        webhook_id=webhook.webhook_id,
        url=webhook.url,
        registered_at=webhook.registered_at,
        registered_by=webhook.registered_by,
        failures=failures_of(services, webhook),
    )
