"""Pages from templates: what every page of the portal shares."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from customs_monitor.portal.auth.csrf import form_token, keep

_TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """Return the templates; text is escaped, an unknown name is an error."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(request: Request, template: str, status: int = HTTPStatus.OK, **context: Any) -> HTMLResponse:
    """Return a page.

    Args:
        request: what is answered.
        template: the file's name, as `sign_in.html.j2`.
        status: the HTTP status.
        **context: what the template needs besides `user` (None if nobody is signed in) and `csrf_token` (the value of
            the hidden field `csrf_token` that every form with method post has).
    """
    shared = {"user": getattr(request.state, "user", None), "csrf_token": form_token(request)}
    response = HTMLResponse(environment().get_template(template).render({**shared, **context}), status)
    keep(request, response)
    return response
