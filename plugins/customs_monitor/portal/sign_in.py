"""Signing in and out with a local account."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from customs_monitor.portal.auth import cookies
from customs_monitor.portal.dependencies import ServicesDep
from customs_monitor.portal.rendering import page

router = APIRouter()

HOME = "/"
_REFUSED = "The name or the password is not right, or there were too many tries: wait a quarter of an hour."


@router.get("/sign-in")
def sign_in_page(request: Request, next: str = HOME) -> Response:
    """Show the form."""
    return page(request, "sign_in.html.j2", next=within(next), failed=None, provider=None)


@router.post("/sign-in")
def sign_in(
    request: Request,
    services: ServicesDep,
    name: Annotated[str, Form()],
    password: Annotated[str, Form()],
    next: Annotated[str, Form()] = HOME,
) -> Response:
    """Open a session, if the password is right."""
    account = services.accounts.signed_in(name.strip().lower(), password)
    if account is None:
        return page(
            request, "sign_in.html.j2", HTTPStatus.UNAUTHORIZED, next=within(next), failed=_REFUSED, provider=None
        )
    response = RedirectResponse(within(next), HTTPStatus.SEE_OTHER)
    cookies.give(response, request, cookies.SESSION, services.sessions.open(account.user, "password"))
    cookies.take(response, request, cookies.FORM)
    return response


@router.post("/sign-out")
def sign_out(request: Request, services: ServicesDep) -> Response:
    """End the session for good."""
    if request.state.session is not None:
        services.sessions.end(request.state.session)
    response = RedirectResponse(HOME, HTTPStatus.SEE_OTHER)
    cookies.take(response, request, cookies.SESSION)
    return response


def within(address: str) -> str:
    """Return an address of this portal: the one given if it is a path here and nothing else, the beginning if not."""
    plain = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if plain and address.isprintable() and address.isascii() else HOME
