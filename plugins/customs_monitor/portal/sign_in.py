"""Signing in and out with a local account."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from customs_monitor.portal import audit
from customs_monitor.portal.auth import cookies
from customs_monitor.portal.dependencies import Services, ServicesDep
from customs_monitor.portal.rendering import page

router = APIRouter()

HOME = "/"
_REFUSED = "The name or the password is not right, or there were too many tries: wait a quarter of an hour."


@router.get("/sign-in")
def sign_in_page(request: Request, services: ServicesDep, next: str = HOME) -> Response:
    """Show the form."""
    return page(request, "sign_in.html.j2", next=within(next), failed=None, provider=_provider(services))


@router.post("/sign-in")
def sign_in(
    request: Request,
    services: ServicesDep,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = HOME,
) -> Response:
    """Open a session, if the password is right."""
    audit.note("sign-in")
    name = name.strip().lower()
    attempt = services.lockout.attempt(name, request.client.host if request.client else "")
    account = services.accounts.signed_in(name, password) if attempt else None
    if attempt is None or account is None:
        audit.note(
            account=name if services.accounts.find(name) else None,
            refused="too-many-tries" if attempt is None else "wrong",
        )
        return page(
            request,
            "sign_in.html.j2",
            HTTPStatus.UNAUTHORIZED,
            next=within(next),
            failed=_REFUSED,
            provider=_provider(services),
        )
    services.lockout.passed(attempt)
    return entered(request, services, account.user, "password", next)


@router.post("/sign-out")
def sign_out(request: Request, services: ServicesDep) -> Response:
    """End the session for good."""
    audit.note("sign-out")
    if request.state.session is not None:
        services.sessions.end(request.state.session)
    response = RedirectResponse(HOME, HTTPStatus.SEE_OTHER)
    cookies.take(response, request, cookies.SESSION)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def entered(request: Request, services: Services, user: str, door: str, next: str) -> Response:
    """Open a new session, end the one there was, and lead on: no cookie from before the sign-in is worth anything."""
    audit.note(account=user, door=door)
    if request.state.session is not None:
        services.sessions.end(request.state.session)
    response = RedirectResponse(within(next), HTTPStatus.SEE_OTHER)
    cookies.give(response, request, cookies.SESSION, services.sessions.open(user, door))
    cookies.take(response, request, cookies.FORM)
    return response


def within(address: str) -> str:
    """Return an address of this portal: the one given if it is a path here and nothing else, the beginning if not."""
    plain = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if plain and address.isprintable() and address.isascii() else HOME


def _provider(services: Services) -> str | None:
    return services.provider.name if services.provider else None
