"""Which language a page speaks: the one that was chosen in this browser, that of the account, that of the browser."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from customs_monitor.portal.auth.roles import User
from customs_monitor.portal.words import ENGLISH
from customs_monitor.templates.texts import LANGUAGES

#: A choice, no secret: it names one of the languages there are.
COOKIE = "cm-language"
_YEAR = 31_536_000
_MOST_ASKED = 20


def language_of(request: Request) -> str:
    """Return the language of the answer to a request."""
    chosen = request.cookies.get(COOKIE)
    user: User | None = getattr(request.state, "user", None)
    own = user.language if user else None
    return next((one for one in (chosen, own) if one in LANGUAGES), None) or _asked_for(request)


def choose(response: Response, language: str) -> None:
    """Keep a choice in the browser."""
    response.set_cookie(COOKIE, language, max_age=_YEAR, path="/", httponly=True, samesite="lax")


def _asked_for(request: Request) -> str:
    """Return the language that the browser wants most of those there are (RFC 9110, 12.5.4)."""
    wanted: list[tuple[float, int, str]] = []
    for place, item in enumerate(request.headers.get("accept-language", "").split(",")[:_MOST_ASKED]):
        tag, _, weight = item.partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        language = tag.strip().partition("-")[0].lower()
        if language in LANGUAGES and quality > 0:
            wanted.append((-quality, place, language))
    return min(wanted)[2] if wanted else ENGLISH
