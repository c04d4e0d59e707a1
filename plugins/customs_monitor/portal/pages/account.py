"""One's own account: what it may do, its language, the tokens of its Member State."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from customs_monitor.portal import audit
from customs_monitor.portal.auth.roles import Action, User, may
from customs_monitor.portal.auth.tokens import LONGEST, TokenError
from customs_monitor.portal.dependencies import Services, ServicesDep, UserDep, authorise
from customs_monitor.portal.languages import choose
from customs_monitor.portal.places import feeds_of
from customs_monitor.portal.problem import not_found
from customs_monitor.portal.rendering import page
from customs_monitor.templates.texts import LANGUAGES

router = APIRouter(prefix="/account")


@router.get("")
def account(request: Request, services: ServicesDep, user: UserDep, saved: bool = False) -> Response:
    """Show the account."""
    return _account(request, services, user, saved=saved)


@router.post("/language")
def own_language(services: ServicesDep, user: UserDep, language: Annotated[str, Form()]) -> Response:
    """Keep the language that somebody prefers, for pages and reminders."""
    audit.note("choose-language")
    if language not in LANGUAGES:
        raise not_found()
    if user.language != language:
        services.accounts.change(user.name, by=user.name, language=language)
    response = RedirectResponse("/account?saved=true", HTTPStatus.SEE_OTHER)
    choose(response, language)
    return response


@router.post("/tokens")
def make_token(
    request: Request,
    services: ServicesDep,
    user: UserDep,
    label: Annotated[str, Form()] = "",
    days: Annotated[str, Form()] = "",
    collections: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Issue a token and show it, this once."""
    audit.note("issue-token")
    authorise(user, Action.manage_tokens, user.sender, None)
    own = services.accounts.find(user.name)
    wanted = [feed for feed in feeds_of(services, user, Action.see) if feed in (collections or ())]
    if own is None or not label.strip() or not days.isdecimal():
        return _account(request, services, user, wrong=True)
    try:
        lasts = timedelta(days=min(int(days), LONGEST.days + 1))
        made, _ = services.tokens.issue(own, label=label.strip()[:100], lasts=lasts, collections=wanted)
    except TokenError:
        return _account(request, services, user, wrong=True)
    return _account(request, services, user, made=made)


@router.post("/tokens/{token_id}/revoke")
def revoke_token(services: ServicesDep, user: UserDep, token_id: str) -> Response:
    """Make a token of her Member State void."""
    audit.note("revoke-token")
    authorise(user, Action.manage_tokens, user.sender, None)
    if token_id not in {token.token_id for token in services.tokens.of_sender(user.sender)}:
        raise not_found()
    audit.note(token=token_id)
    services.tokens.revoke(token_id, by=user.name)
    return RedirectResponse("/account#tokens", HTTPStatus.SEE_OTHER)


def _account(
    request: Request,
    services: Services,
    user: User,
    *,
    saved: bool = False,
    made: str | None = None,
    wrong: bool = False,
) -> Response:
    manages = may(user, Action.manage_tokens, user.sender, None)
    return page(
        request,
        "account.html.j2",
        HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        here="/account",
        feeds=feeds_of(services, user, Action.see),
        may_manage_tokens=manages,
        tokens=list(services.tokens.of_sender(user.sender)) if manages else [],
        most_days=LONGEST.days,
        now=services.now(),
        saved=saved,
        made=made,
        wrong=wrong,
    )
