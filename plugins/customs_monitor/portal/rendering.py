"""Pages from templates: what every page of the portal shares."""

from __future__ import annotations

import re
from functools import cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined

from customs_monitor.portal.assets import ROOT
from customs_monitor.portal.auth.csrf import form_token, keep
from customs_monitor.portal.auth.roles import Action, User, may
from customs_monitor.portal.languages import language_of
from customs_monitor.portal.words import NAMES, words
from customs_monitor.release.site.stylesheets import TEMPLATES as SITE
from customs_monitor.release.site.wording import figure
from customs_monitor.validation.issue_page import IssuePage
from customs_monitor.validation.translation import Translator, Translators

_TEMPLATES = Path(__file__).parent / "templates"
#: Pages beside the one shown that are offered on either side.
_NEAR = 2
_PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
#: What the id of a rule of the catalogue begins with where it is about no column.
_NO_COLUMN = frozenset({"", "delivery", "header", "file", "record", "key"})


@cache
def environment() -> Environment:
    """Return the templates, with those of the site as `site/...`; text is escaped, an unknown name is an error."""
    made = Environment(
        loader=ChoiceLoader([FileSystemLoader(_TEMPLATES), PrefixLoader({"site": FileSystemLoader(SITE)})]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"figure": figure, "signed": _signed, "percent": _percent}
    made.globals["page_numbers"] = _page_numbers
    return made


def page(request: Request, template: str, status: int = HTTPStatus.OK, **context: Any) -> HTMLResponse:
    """Return a page.

    Args:
        request: what is answered.
        template: the file's name, as `sign_in.html.j2`.
        status: the HTTP status.
        **context: what the template needs besides the words of the language (`t`, `counted`, `day`, `moment`,
            `country`, `collection`, `rule_title`, `size`), `user` (None if nobody is signed in) and `csrf_token`
            (the value of the hidden field `csrf_token` that every form with method post has).
    """
    user: User | None = getattr(request.state, "user", None)
    spoken = words(language_of(request))
    translator = translator_of(request)
    path = request.url.path
    shared = {
        "user": user,
        "csrf_token": form_token(request),
        "language": spoken.language,
        "languages": tuple(NAMES.items()),
        "root": ROOT,
        "here": path,
        "back": path if request.method == "GET" else "/",
        "section": _section(path),
        "menu": _menu(user),
        "t": spoken.t,
        "has_text": spoken.has,
        "counted": spoken.counted,
        "day": spoken.day,
        "moment": spoken.moment,
        "country": spoken.country,
        "size": spoken.size,
        "collection": translator.name,
        "rule_title": partial(rule_title, translator),
    }
    response = HTMLResponse(environment().get_template(template).render({**shared, **context}), status)
    response.headers["Content-Language"] = spoken.language
    keep(request, response)
    return response


def translator_of(request: Request) -> Translator:
    """Return who tells issues in the language of the answer; made once for a portal."""
    state = request.app.state
    if not hasattr(state, "translators"):
        state.translators = Translators(state.services.registry)
    translators: Translators = state.translators
    return translators.of(language_of(request))


def said(request: Request, key: str, **values: object) -> str:
    """Return a text in the language of the answer."""
    return words(language_of(request)).t(key, **values)


def rule_title(translator: Translator, feed: str, rule: str) -> str:
    """Return what people call a rule.

    That is the title of the catalogue, with the column it is about; of a rule of the contract what it says, with an
    ellipsis for each value; of a fault that the reader of files has found its code.
    """
    if (declared := translator.declared(feed, rule)) is not None:
        return _PLACEHOLDER.sub("\u2026", declared)
    subject, _, code = rule.rpartition(".")
    title = translator.title(code.upper())
    if title is None:
        title = translator.title({"file": "FILE_UNREADABLE", "record": "RECORD_UNREADABLE"}.get(subject, "")) or ""
        return f"{title} ({code.upper()})" if title else code.upper()
    return title if subject in _NO_COLUMN else f"{title} ({subject})"


def _menu(user: User | None) -> tuple[tuple[str, str], ...]:
    """Return the menu: addresses with the keys of their names."""
    site, account = ("/site/index.html", "menu.site"), ("/account", "menu.account")
    if user is None:
        return (("/sign-in", "menu.sign_in"), site)
    if user.is_commission:
        return (("/overview", "menu.overview"), ("/explanations", "menu.explanations"), account, site)
    upload = (("/upload", "menu.upload"),) if may(user, Action.check, user.sender, None) else ()
    return (("/collections", "menu.collections"), *upload, ("/uploads", "menu.uploads"), account, site)


def _section(path: str) -> str:
    """Return the address of the menu's entry that a page belongs to."""
    first = path.split("/")[1] if "/" in path else ""
    return {"deliveries": "/collections", "nil-return": "/collections"}.get(first, f"/{first}")


def _page_numbers(page: IssuePage) -> list[int | None]:
    """Return the numbers that a row of pages shows: the first, those near, the last; None stands for a gap."""
    near = range(page.number - _NEAR, page.number + _NEAR + 1)
    shown = sorted({1, page.pages, *(number for number in near if 1 <= number <= page.pages)})
    numbers: list[int | None] = []
    for number in shown:
        if numbers and numbers[-1] is not None and number - numbers[-1] > 1:
            numbers.append(None)
        numbers.append(number)
    return numbers


def _signed(value: float) -> str:
    """Return a difference with its sign."""
    return f"+{figure(value)}" if value > 0 else figure(value).replace("-", "\u2212")


def _percent(share: float) -> str:
    """Return a share as per cent with its sign."""
    return f"{share:+.1%}".replace("-", "\u2212").replace("%", "\u202f%")
