"""Choosing the language of the pages in this browser; also before somebody has signed in."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from customs_monitor.portal.languages import choose
from customs_monitor.portal.problem import not_found
from customs_monitor.portal.sign_in import within
from customs_monitor.templates.texts import LANGUAGES

router = APIRouter()


@router.get("/language/{language}")
def choose_language(language: str, back: str = "/") -> Response:
    """Show pages in another language from now on."""
    if language not in LANGUAGES:
        raise not_found()
    response = RedirectResponse(within(back), HTTPStatus.SEE_OTHER)
    choose(response, language)
    return response
