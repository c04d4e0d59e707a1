"""The portal's cookies and their flags."""

from __future__ import annotations

import re

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

#: Says who is signed in.
SESSION = "cm-session"
#: What the forms of somebody who is not signed in rest on.
FORM = "cm-form"
#: Binds a way to the identity provider and back to one browser.
FLOW = "cm-flow"

_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")


def read(connection: HTTPConnection, name: str) -> str | None:
    """Return a cookie of ours, None if there is none or it cannot be ours."""
    value = connection.cookies.get(_full(connection, name), "")
    return value if _SHAPE.fullmatch(value) else None


def give(response: Response, request: Request, name: str, value: str, *, seconds: int | None = None) -> None:
    """Give the browser a cookie that scripts cannot read and other sites' requests do not carry."""
    response.set_cookie(
        _full(request, name), value, max_age=seconds, path="/", secure=_secure(request), httponly=True, samesite="lax"
    )


def take(response: Response, request: Request, name: str) -> None:
    """Take a cookie from the browser."""
    response.delete_cookie(_full(request, name), path="/", secure=_secure(request), httponly=True, samesite="lax")


def _secure(connection: HTTPConnection) -> bool:
    return bool(connection.app.state.services.settings.scheme == "https")


def _full(connection: HTTPConnection, name: str) -> str:
    # The prefix makes browsers refuse a cookie of the name that another host of the domain, or plain http, has set.
    return f"__Host-{name}" if _secure(connection) else name
