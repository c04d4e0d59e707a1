"""The audit: who did what, when, from where, and how it ended; one object for each action, before it is answered."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from customs_monitor.portal.auth.roles import User
from customs_storage import ObjectStore
from customs_storage.layout import Layout

_LOG = logging.getLogger(__name__)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST_PATH = 500

_NOTES: ContextVar[dict[str, Any] | None] = ContextVar("notes", default=None)


class AuditEntry(BaseModel):
    """One action.

    Attributes:
        at: when it was answered, in UTC.
        action: what was done, in the words of whoever noted it, else the method of the request.
        method, path: the request, without its query, which may hold secrets.
        status: how it was answered; None for a command, which is kept once it was done.
        user, role, sender, session_id, token_id: who; None for somebody who was not signed in.
        address: from where.
        notes: of what, as the route says: sender, collection, upload, delivery; never what a person has typed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: datetime
    action: str
    method: str
    path: str
    status: int | None = None
    user: str | None = None
    role: str | None = None
    sender: str | None = None
    session_id: str | None = None
    token_id: str | None = None
    address: str | None = None
    notes: dict[str, str] = {}


def note(action: str | None = None, **about: str | None) -> None:
    """Say what the request at hand does and to what; a request that notes an action is kept though it changes nothing.

    Args:
        action: what is done, like `download-report`.
        **about: ids: of the sender, the collection, the upload. No secret, nothing a person has typed.
    """
    notes = _NOTES.get()
    if notes is None:
        return
    if action is not None:
        notes["action"] = action
    notes.setdefault("about", {}).update({name: value for name, value in about.items() if value is not None})


class AuditTrail:
    """The entries of a store.

    Args:
        store: where they are.
        layout: its keys.
        now: the clock, in UTC.
    """

    def __init__(self, store: ObjectStore, layout: Layout, now: Callable[[], datetime]) -> None:
        self._store, self._layout, self._now = store, layout, now

    def keep(self, **fields: Any) -> AuditEntry:
        """Keep an entry; fields are those of `AuditEntry` but for the time."""
        entry = AuditEntry(at=self._now(), **fields)
        name = f"{entry.at:%H%M%S.%f}-{secrets.token_hex(8)}"
        key = self._layout.key("audit", day=f"{entry.at:%Y-%m-%d}", entry=name)
        self._store.put(key, entry.model_dump_json(exclude_none=True).encode())
        return entry

    def of_day(self, day: date) -> Iterator[AuditEntry]:
        """Yield the entries of a day (UTC), in the order of time."""
        for info in self._store.list(self._layout.prefix("audit", day=day.isoformat())):
            yield AuditEntry.model_validate_json(self._store.get(info.key))


class Auditing:
    """Keeps an entry of every request that changes something, or notes an action; refused ones, too."""

    def __init__(self, app: ASGIApp, trail: AuditTrail) -> None:
        self._app, self._trail = app, trail

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        notes: dict[str, Any] = {}
        reset = _NOTES.set(notes)
        asked = False

        async def kept(message: Message) -> None:
            nonlocal asked
            if message["type"] == "http.response.start" and not asked:
                asked = True  # if it cannot be kept, the request fails, and that is answered without another try
                if scope["method"] not in _SAFE or "action" in notes:
                    await run_in_threadpool(self._keep, scope, notes, message["status"])
            await send(message)

        try:
            await self._app(scope, receive, kept)
        finally:
            _NOTES.reset(reset)

    def _keep(self, scope: Scope, notes: dict[str, Any], status: int) -> None:
        state = State(scope.get("state"))
        user: User | None = getattr(state, "user", None)
        session = getattr(state, "session", None)
        client = scope.get("client")
        self._trail.keep(
            action=notes.get("action", scope["method"].lower()),
            method=scope["method"][:20],
            path=scope["path"][:_LONGEST_PATH].encode("ascii", "backslashreplace").decode(),
            status=status,
            user=user.name if user else notes.get("user"),
            role=user.role.value if user else None,
            sender=user.sender if user else None,
            session_id=session.session_id if session else None,
            token_id=user.token_id if user else None,
            address=client[0] if client else None,
            notes=notes.get("about", {}),
        )
