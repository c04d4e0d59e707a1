"""Errors: problem documents (RFC 9457) for programs, pages for people; not yours and not there are the same words."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse

PROBLEM_JSON = "application/problem+json"


class Problem(Exception):
    """A request that ends with an error.

    Args:
        status: the HTTP status.
        code: names the kind of problem for programs: lower case, with hyphens.
        detail: what is wrong and what to do, for people.
        headers: headers of the answer.
        **extra: further members of the problem document; never a secret.
    """

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.extra = extra

    def document(self) -> dict[str, Any]:
        """Return the problem document: type, title, status, code, detail and what else there is."""
        return {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": int(self.status),
            "code": self.code,
            "detail": self.detail,
            **self.extra,
        }

    def response(self) -> JSONResponse:
        """Return the answer for a program."""
        return JSONResponse(self.document(), self.status, headers=self.headers, media_type=PROBLEM_JSON)


def not_found() -> Problem:
    """What does not exist, and what is not hers to see: the same in every byte."""
    return Problem(HTTPStatus.NOT_FOUND, "not-found", "There is nothing here, or nothing that you may see.")


def forbidden() -> Problem:
    """What she may see, but not do."""
    return Problem(HTTPStatus.FORBIDDEN, "not-allowed", "Your role does not allow this: ask your sender's account.")


def sign_in_needed() -> Problem:
    """Nobody is signed in."""
    return Problem(
        HTTPStatus.UNAUTHORIZED,
        "sign-in-needed",
        "Sign in, or send a valid token.",
        headers={"WWW-Authenticate": "Bearer"},
    )
