"""Who a machine is, and what it may touch: the machine's own sender, the collections of its token."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends
from fastapi.security import HTTPBearer

from customs_monitor.portal.api.documents import ProblemDocument
from customs_monitor.portal.auth.roles import Action, User
from customs_monitor.portal.dependencies import Services, UserDep, authorise
from customs_monitor.portal.problem import PROBLEM_JSON, forbidden, not_found

#: For the description alone: who comes with a token is found before any route runs.
BEARER = Depends(
    HTTPBearer(bearerFormat="cmt_<id>_<secret>", description="A token of the account page", auto_error=False)
)


def _problem(description: str) -> dict[str, Any]:
    schema = ProblemDocument.model_json_schema()
    return {"description": description, "content": {PROBLEM_JSON: {"schema": schema}}}


#: What every route may answer beside what it says itself.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: _problem("No token, or none that is good"),
    403: _problem("The role or the token does not allow this"),
    404: _problem("There is nothing here, or nothing that you may see"),
    409: _problem("What is there does not allow this; the detail says why"),
    413: _problem("The body is too large"),
    422: _problem("The call is not understood; `errors` says what of it"),
    429: _problem("Too many requests; Retry-After says when to go on"),
    503: _problem("The store does not answer; nothing is lost"),
}


def own_sender(user: UserDep) -> str:
    """Return the sender that a machine is of.

    Raises:
        Problem: 403 for the Commission, which sends nothing.
    """
    if user.sender is None:
        raise forbidden()
    return user.sender


SenderDep = Annotated[str, Depends(own_sender)]


def authorise_feed(services: Services, user: User, action: Action, feed: str) -> None:
    """Let a machine do something in a collection of its own sender.

    Raises:
        Problem: 404 for a collection that does not exist or is not its own to see, else 403.
    """
    if feed not in services.collections:
        raise not_found()
    authorise(user, action, user.sender, feed)
