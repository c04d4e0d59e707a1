"""How much a request may carry: little from somebody who is not signed in, a delivery from somebody who is."""

from __future__ import annotations

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from customs_monitor.portal.faults import answer
from customs_monitor.portal.problem import Problem
from customs_monitor.portal.settings import PortalSettings

_DELIVERIES = ("multipart/form-data", "application/octet-stream", "application/offset+octet-stream")
_STRANGERS = 64 << 10
_REST_OF_A_FORM = 1 << 20


class TooLarge(HTTPException):
    """The body is longer than it may be; found while it is read."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is too large.")


class Bodies:
    """Refuses a body by its announced length, and, whatever was announced, by what comes."""

    def __init__(self, app: ASGIApp, settings: PortalSettings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        most = self._most(request)
        announced = request.headers.get("content-length", "0")
        if not announced.isdecimal() or int(announced) > most:
            problem = Problem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "too-large",
                f"A request like this may have {most:,} bytes: send less, or a file in parts.",
            )
            await answer(request, problem)(scope, receive, send)
            return
        come = 0

        async def counted() -> Message:
            nonlocal come
            message = await receive()
            come += len(message.get("body", b""))
            if come > most:
                raise TooLarge
            return message

        await self._app(scope, counted, send)

    def _most(self, request: Request) -> int:
        if getattr(request.state, "user", None) is None:
            return min(_STRANGERS, self._settings.largest_body)
        if request.headers.get("content-type", "").lower().startswith(_DELIVERIES):
            return self._settings.largest_upload + _REST_OF_A_FORM
        return self._settings.largest_body
