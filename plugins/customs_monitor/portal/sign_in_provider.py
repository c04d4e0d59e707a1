"""Signing in at the identity provider, and coming back."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from customs_monitor.portal import audit
from customs_monitor.portal.auth import cookies
from customs_monitor.portal.auth.accounts import AccountError
from customs_monitor.portal.auth.oidc import BACK, FlowError, Provider, ProviderError
from customs_monitor.portal.dependencies import ServicesDep
from customs_monitor.portal.problem import Problem, not_found
from customs_monitor.portal.sign_in import HOME, entered, within

_LOG = logging.getLogger(__name__)

router = APIRouter()


@router.get("/sign-in/provider")
def depart(request: Request, services: ServicesDep, next: str = HOME) -> Response:
    """Lead to the provider."""
    try:
        departure = _provider(services).depart(within(next))
    except ProviderError as error:
        raise _refused("provider-away", error) from None
    response = RedirectResponse(departure.address, HTTPStatus.SEE_OTHER)
    cookies.give(response, request, cookies.FLOW, departure.cookie, seconds=600)
    return response


@router.get(BACK)
def arrive(
    request: Request, services: ServicesDep, state: str = "", code: str = "", iss: str | None = None
) -> Response:
    """Open a session for somebody whom the provider has let in and whom the rules of claims know."""
    audit.note("sign-in", door="provider")
    provider = _provider(services)
    try:
        arrival = provider.arrive(cookies.read(request, cookies.FLOW), state, code, iss)
    except FlowError as error:
        raise _refused("way-not-known", error) from None
    except ProviderError as error:
        raise _refused("provider-refused", error) from None
    audit.note(account=arrival.user)
    fields = provider.rules.account(arrival.claims)
    try:
        account = services.accounts.of_provider(arrival.user, fields) if fields else None
    except AccountError as error:
        raise _refused("claims-not-known", error) from None
    if account is None:
        raise _refused("claims-not-known", None)
    response = entered(request, services, account.user, "provider", arrival.next)
    cookies.take(response, request, cookies.FLOW)
    return response


def _provider(services: ServicesDep) -> Provider:
    if services.provider is None:
        raise not_found()
    return services.provider


def _refused(code: str, error: Exception | None) -> Problem:
    _LOG.warning("a sign-in at the provider failed: %s: %s", code, error or "no rule of claims fits")
    audit.note(refused=code)
    return Problem(HTTPStatus.FORBIDDEN, code, _SAID[code])


_SAID = {
    "provider-away": "The sign-in service does not answer: try again in a few minutes.",
    "way-not-known": "This sign-in was not begun here, or too long ago: begin again.",
    "provider-refused": "The sign-in service did not let you in: begin again.",
    "claims-not-known": "You are known to the sign-in service, but not here: ask the Commission to let you in.",
}
