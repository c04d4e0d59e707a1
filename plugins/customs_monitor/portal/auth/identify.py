"""Who asks, found before any route and any body is read: nobody's request is large, and no route can forget to ask."""

from __future__ import annotations

import re

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from customs_monitor.portal.auth import cookies
from customs_monitor.portal.auth.roles import User
from customs_monitor.portal.auth.sessions import Session
from customs_monitor.portal.dependencies import Services

_BEARER = re.compile(r"Bearer +(\S+)", re.IGNORECASE)


class Identification:
    """Puts `user` and `session` into the request's state; None where nobody is signed in.

    A request with a token counts as the machine's, whatever cookies it has.
    """

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app, self._services = app, services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http":
            connection = HTTPConnection(scope)
            connection.state.user, connection.state.session = await run_in_threadpool(self._of, connection)
        await self._app(scope, receive, send)

    def _of(self, connection: HTTPConnection) -> tuple[User | None, Session | None]:
        if authorization := connection.headers.get("authorization"):
            token = _BEARER.fullmatch(authorization)
            return (self._services.tokens.user_of(token[1]) if token else None), None
        cookie = cookies.read(connection, cookies.SESSION)
        session = self._services.sessions.find(cookie) if cookie else None
        account = self._services.accounts.find(session.user) if session else None
        if session is None or account is None or account.disabled or session.opened_at < account.valid_from:
            return None, None
        return account.as_user(), session
