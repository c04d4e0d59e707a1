"""What pages and API ask for: the services of the portal, and who is asking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Protocol

from fastapi import Depends, Request

from customs_monitor.collection.uploads import Upload
from customs_monitor.contracts import Contract, Registry
from customs_monitor.contracts.model import COLLECTIONS
from customs_monitor.portal import audit
from customs_monitor.portal.audit import AuditTrail
from customs_monitor.portal.auth.accounts import Accounts
from customs_monitor.portal.auth.lockout import Lockout
from customs_monitor.portal.auth.oidc import Provider
from customs_monitor.portal.auth.roles import Action, User, may
from customs_monitor.portal.auth.sessions import Sessions
from customs_monitor.portal.auth.tokens import Tokens
from customs_monitor.portal.problem import forbidden, not_found, sign_in_needed
from customs_monitor.portal.settings import PortalSettings
from customs_monitor.portal.webhooks import Webhooks
from customs_storage import ObjectStore
from customs_storage.layout import Layout


def utc_now() -> datetime:
    """Return the time, in UTC: the clock of a portal that runs."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Services:
    """All that routes work with; none of it is state that another portal process could not have as well.

    Attributes:
        settings: what the portal was told.
        store: the object store.
        layout: its keys.
        registry: the contracts.
        scratch: a folder for files of the moment.
        now: the clock, in UTC.
        accounts: who there is.
        sessions: who is signed in.
        tokens: what machines come with.
        lockout: the tries to sign in.
        audit: what was done.
        provider: the identity provider, None where there is none.
        webhooks: where verdicts are told to.
    """

    settings: PortalSettings
    store: ObjectStore
    layout: Layout
    registry: Registry
    scratch: Path
    now: Callable[[], datetime]
    accounts: Accounts
    sessions: Sessions
    tokens: Tokens
    lockout: Lockout
    audit: AuditTrail
    provider: Provider | None
    webhooks: Webhooks

    @classmethod
    def of(
        cls,
        settings: PortalSettings,
        store: ObjectStore,
        registry: Registry,
        scratch: Path,
        now: Callable[[], datetime] = utc_now,
    ) -> Services:
        """Put the services of a portal together."""
        layout = Layout.load()
        accounts = Accounts(store, layout, now)
        sessions = Sessions(store, layout, now, idle=settings.idle, longest=settings.longest)
        return cls(
            settings,
            store,
            layout,
            registry,
            scratch,
            now,
            accounts,
            sessions,
            Tokens(store, layout, now, accounts),
            Lockout(store, layout, now),
            AuditTrail(store, layout, now),
            Provider(settings.oidc, settings.url, store, layout, now) if settings.oidc else None,
            Webhooks(store, layout, now),
        )

    @property
    def collections(self) -> dict[str, Contract]:
        """The contracts that senders deliver to through the portal, by id."""
        return {feed: contract for feed, contract in self.registry.feeds.items() if contract.domain == COLLECTIONS}


class Work(Protocol):
    """What the portal does after it has answered."""

    def wake(self, upload: Upload | None = None) -> None:
        """Say that there is something to do: an upload to check, or, without one, whatever the store tells."""


def work(request: Request) -> Work:
    """Return the work of this process; call its `wake` after an upload is complete or confirmed."""
    found: Work = request.app.state.work
    return found


def services(request: Request) -> Services:
    """Return the services of the portal that answers."""
    found: Services = request.app.state.services
    return found


def current_user(request: Request) -> User:
    """Return who asks.

    Raises:
        Problem: 401 if nobody is signed in; a page then leads to the sign-in.
    """
    user = visitor(request)
    if user is None:
        raise sign_in_needed()
    return user


def current_person(request: Request) -> User:
    """Return who asks in a browser; tokens are for the interface for machines, and good for no page.

    Raises:
        Problem: 401 if nobody is signed in; a page then leads to the sign-in.
    """
    user = current_user(request)
    if user.token_id is not None:
        raise sign_in_needed()
    return user


def current_machine(request: Request) -> User:
    """Return who comes with a token; a browser's cookie opens no interface for machines, so no other site can use it.

    Raises:
        Problem: 401 if nobody does.
    """
    user = current_user(request)
    if user.token_id is None:
        raise sign_in_needed()
    return user


def visitor(request: Request) -> User | None:
    """Return who asks, None for somebody who is not signed in."""
    found: User | None = getattr(request.state, "user", None)
    return found


WorkDep = Annotated[Work, Depends(work)]
ServicesDep = Annotated[Services, Depends(services)]
UserDep = Annotated[User, Depends(current_user)]
VisitorDep = Annotated[User | None, Depends(visitor)]


def authorise(user: User, action: Action, sender: str | None, feed: str | None) -> None:
    """Let somebody do something to a sender's part of a collection, or end the request.

    Raises:
        Problem: 404, the same as for what does not exist, if it is not hers to see; 403 if she may see it but not do
            this.
    """
    audit.note(sender=sender, collection=feed)
    if may(user, action, sender, feed):
        if user.is_commission and sender is not None:
            audit.note(action.value)  # that the Commission has looked at a Member State's own is kept, too
        return
    if action is not Action.see and may(user, Action.see, sender, feed):
        raise forbidden()
    raise not_found()
