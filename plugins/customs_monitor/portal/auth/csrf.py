"""Forms are ours: a field derived from the cookie that nobody else can read, and the browser's word for where from.

The token is an HMAC with the cookie as its key: it needs no store and no key of the server, ends with the session, and
tells nothing of the cookie. Somebody who has not signed in has a cookie for this alone.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import Request
from starlette.responses import Response

from customs_monitor.portal.auth import cookies
from customs_monitor.portal.problem import Problem

FIELD = "csrf_token"
HEADER = "x-csrf-token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def form_token(request: Request) -> str:
    """Return the value of the hidden field `csrf_token` of a page's forms."""
    return token_of(_secret(request) or _new_secret(request))


def keep(request: Request, response: Response) -> None:
    """Give the browser the cookie that the forms of this answer rest on, if it has none yet."""
    new = getattr(request.state, "form_secret", None)
    if new is not None:
        cookies.give(response, request, cookies.FORM, new)


async def ours(request: Request) -> None:
    """Refuse what changes something and was not sent from a page of ours; for routers of pages.

    Raises:
        Problem: 403.
    """
    if request.method in _SAFE or "authorization" in request.headers:
        return  # no other site can make a browser send this header
    _same_origin(request)
    secret = _secret(request)
    given = request.headers.get(HEADER)
    if given is None:
        field = (await request.form()).get(FIELD)
        given = field if isinstance(field, str) else ""
    if secret is None or not hmac.compare_digest(given.encode(), token_of(secret).encode()):
        raise _foreign()


def _same_origin(request: Request) -> None:
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise _foreign()
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise _foreign()


def _foreign() -> Problem:
    return Problem(
        HTTPStatus.FORBIDDEN, "form-not-ours", "This form has expired or is not ours: open the page again and repeat."
    )


def _secret(request: Request) -> str | None:
    if getattr(request.state, "session", None) is not None:
        return cookies.read(request, cookies.SESSION)
    return cookies.read(request, cookies.FORM)


def _new_secret(request: Request) -> str:
    kept: str | None = getattr(request.state, "form_secret", None)
    if kept is None:
        kept = request.state.form_secret = secrets.token_urlsafe(32)
    return kept


def token_of(secret: str) -> str:
    """Return the token of the forms of a cookie."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()
