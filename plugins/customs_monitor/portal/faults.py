"""What ends a request that could not be answered: a page for people, a problem document for programs."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from customs_monitor.collection.sending import NotSendable
from customs_monitor.collection.uploads import (
    UploadConflict,
    UploadDamaged,
    UploadError,
    UploadIncomplete,
    UploadUnknown,
    WrongOffset,
)
from customs_monitor.portal.problem import Problem, not_found
from customs_monitor.portal.rendering import page
from customs_storage import StoreError

_CODES: Mapping[type[UploadError], str] = {
    UploadConflict: "conflict",
    UploadDamaged: "damaged",
    UploadIncomplete: "incomplete",
    WrongOffset: "wrong-offset",
    NotSendable: "not-sendable",
}
_LOG = logging.getLogger(__name__)
#: Below this, programs ask.
API = "/api/"


def answer(request: Request, problem: Problem) -> Response:
    """Return a problem in the form that whoever asks can use; to a person who must sign in, the way there."""
    if request.url.path.startswith(API) or request.url.path.startswith("/.well-known/"):
        return problem.response()
    if problem.status is HTTPStatus.UNAUTHORIZED:
        back = request.url.path if request.method == "GET" else "/"
        return RedirectResponse(f"/sign-in?next={quote(back)}", HTTPStatus.SEE_OTHER)
    # Whatever the address, the page is the same: no entry of the menu is marked.
    response = page(request, "problem.html.j2", problem.status, problem=problem, here="", section="")
    response.headers.update(problem.headers)
    return response


def register(app: FastAPI) -> None:
    """Answer what routes raise."""

    @app.exception_handler(Problem)
    async def of_ours(request: Request, error: Problem) -> Response:
        return answer(request, error)

    @app.exception_handler(HTTPException)
    async def of_the_framework(request: Request, error: HTTPException) -> Response:
        if error.status_code == HTTPStatus.NOT_FOUND:
            return answer(request, not_found())
        status = HTTPStatus(error.status_code)
        return answer(
            request, Problem(status, status.phrase.lower().replace(" ", "-"), str(error.detail), headers=error.headers)
        )

    @app.exception_handler(UploadError)
    async def of_an_upload(request: Request, error: UploadError) -> Response:
        if isinstance(error, UploadUnknown):
            return answer(request, not_found())
        more: dict[str, Any] = {"expected_offset": error.expected} if isinstance(error, WrongOffset) else {}
        return answer(
            request, Problem(HTTPStatus.CONFLICT, _CODES.get(type(error), "not-possible"), str(error), **more)
        )

    @app.exception_handler(RequestValidationError)
    async def of_the_call(request: Request, error: RequestValidationError) -> Response:
        # What was given is not repeated: it may be a password.
        wrong = [{"at": ".".join(map(str, item["loc"])), "message": item["msg"]} for item in error.errors()]
        said = "; ".join(f"{item['at']}: {item['message']}" for item in wrong)
        return answer(request, Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "call-not-understood", said, errors=wrong))


class Faults:
    """Answers what nobody foresaw with a reference that the log has, too; never with what went wrong inside."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            await send(message)
            started = started or message["type"] == "http.response.start"

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if started:
                raise
            await answer(Request(scope, receive), _told(scope, error))(scope, receive, send)


def _told(scope: Scope, error: Exception) -> Problem:
    reference = secrets.token_hex(6)
    _LOG.error("%s %s failed, reference %s", scope["method"], scope["path"], reference, exc_info=error)
    if isinstance(error, StoreError):
        return Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "store-away",
            "The store does not answer: nothing is lost, try again in a minute.",
            headers={"Retry-After": "60"},
            reference=reference,
        )
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "platform-at-fault",
        "Something went wrong on our side: try again, and if it stays tell us the reference.",
        reference=reference,
    )
