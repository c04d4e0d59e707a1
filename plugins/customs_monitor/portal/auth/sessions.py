"""Sessions of browsers: all state is in the store, the cookie is a random number that only its hash names there."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from customs_storage import ObjectNotFound, ObjectStore
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout

#: A session that is used leaves so many marks in an idle time: more would cost requests, fewer would end it too early.
_MARKS = 10


class Session(BaseModel):
    """A session as it was opened.

    Attributes:
        session_id: from the hash of the cookie; names it in the store and the audit, and opens nothing.
        user: the account.
        opened_at: when, in UTC.
        door: how she signed in: `password` or `provider`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    session_id: str
    user: str
    opened_at: datetime
    door: str


class Sessions:
    """The sessions of a store.

    Args:
        store: where they are.
        layout: its keys.
        now: the clock, in UTC.
        idle: how long one lasts without a request.
        longest: how long one lasts at all.
    """

    def __init__(
        self, store: ObjectStore, layout: Layout, now: Callable[[], datetime], *, idle: timedelta, longest: timedelta
    ) -> None:
        self._store, self._layout, self._now = store, layout, now
        self._idle, self._longest = idle, longest
        self._step = idle / _MARKS

    def open(self, user: str, door: str) -> str:
        """Open a session and return its cookie: 256 random bits, which are nowhere kept."""
        cookie = secrets.token_urlsafe(32)
        session = Session(session_id=session_id(cookie), user=user, opened_at=self._now(), door=door)
        self._store.put(self._layout.key("session", session_id=session.session_id), session.model_dump_json().encode())
        return cookie

    def find(self, cookie: str) -> Session | None:
        """Return the session of a cookie and mark it as used; None if there is none, or it has ended.

        Costs one look at the session's folder, one read, and now and then a mark.
        """
        key_of = session_id(cookie)
        mark: int | None = None
        for info in self._store.list(self._layout.prefix("session", session_id=key_of)):
            if info.key == self._layout.key("session_ended", session_id=key_of):
                return None
            if info.key != self._layout.key("session", session_id=key_of):
                mark = int(self._layout.parse("session_seen", info.key)["number"])
        try:
            session = Session.model_validate_json(self._store.get(self._layout.key("session", session_id=key_of)))
        except ObjectNotFound:
            return None
        age = self._now() - session.opened_at
        last = self._step * mark if mark is not None else timedelta()
        if age >= self._longest or age - last >= self._idle:
            return None
        if (current := age // self._step) > (mark or 0):
            key = self._layout.key("session_seen", session_id=key_of, number=f"{current:06}")
            self._store.put_if_absent(key, b"{}")
        return session

    def end(self, session: Session) -> None:
        """End a session for good, whatever keeps its cookie."""
        key = self._layout.key("session_ended", session_id=session.session_id)
        self._store.put_if_absent(key, f'{{"at": "{self._now().isoformat()}"}}'.encode())


def session_id(cookie: str) -> str:
    """Return the name of a cookie's session."""
    return sha256_of(cookie.encode("utf-8", "surrogatepass"))[:32]
