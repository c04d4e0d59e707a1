"""Tokens for machines: scoped to a sender and collections; the store knows their hash alone."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from customs_monitor.portal.auth.accounts import Account, Accounts
from customs_monitor.portal.auth.roles import User
from customs_storage import ObjectNotFound, ObjectStore
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout

#: What a token begins with: whoever finds one in a file or a log can tell what it is.
MARK = "cmt"
LONGEST = timedelta(days=366)
_SHAPE = re.compile(MARK + r"_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")


class TokenError(ValueError):
    """A token cannot be issued as it was asked for; the message says why."""


class Token(BaseModel):
    """What the store knows of a token.

    Attributes:
        token_id: names it; opens nothing.
        sha256: of its secret, 256 random bits, for which a plain hash is enough.
        user: whose it is; it may never do more than she.
        sender: the Member State it is for, None for one of the Commission.
        collections: the collections it is for; None for all of its owner's.
        label: what its owner calls it.
        issued_at, expires_at: from when until when it is good.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    token_id: str
    sha256: str = Field(repr=False)
    user: str
    sender: str | None
    collections: frozenset[str] | None
    label: str
    issued_at: datetime
    expires_at: datetime


class Tokens:
    """The tokens of a store.

    Args:
        store: where they are.
        layout: its keys.
        now: the clock, in UTC.
        accounts: whose they are.
    """

    def __init__(self, store: ObjectStore, layout: Layout, now: Callable[[], datetime], accounts: Accounts) -> None:
        self._store, self._layout, self._now, self._accounts = store, layout, now, accounts

    def issue(
        self, account: Account, *, label: str, lasts: timedelta, collections: Iterable[str] | None = None
    ) -> tuple[str, Token]:
        """Issue a token.

        Args:
            account: whose it is.
            label: what she calls it.
            lasts: how long it is good.
            collections: what it is for; None for all that its owner has.

        Returns:
            The token, which is shown once and nowhere kept, and what is kept of it.

        Raises:
            TokenError: if it would be good for longer than a year, for nothing, or for what its owner may not do.
        """
        wanted = None if collections is None else frozenset(collections)
        if not timedelta() < lasts <= LONGEST:
            raise TokenError(f"a token is good for 1 to {LONGEST.days} days")
        if wanted is not None and not wanted:
            raise TokenError("a token needs a collection: name one, or leave the collections out for all of yours")
        if wanted is not None and account.collections is not None and (wanted - account.collections):
            raise TokenError(f"{', '.join(sorted(wanted - account.collections))}: not among your collections")
        token_id, secret, now = secrets.token_hex(8), secrets.token_urlsafe(32), self._now()
        token = Token(
            token_id=token_id,
            sha256=_hash(secret),
            user=account.user,
            sender=account.sender,
            collections=wanted,
            label=label,
            issued_at=now,
            expires_at=now + lasts,
        )
        self._store.put(self._layout.key("token", token_id=token_id), token.model_dump_json().encode())
        return f"{MARK}_{token_id}_{secret}", token

    def user_of(self, text: str) -> User | None:
        """Return who comes with a token; None if it is not good, whatever is wrong with it."""
        shape = _SHAPE.fullmatch(text)
        token = self.find(shape[1]) if shape else None
        if shape is None or token is None or not hmac.compare_digest(token.sha256, _hash(shape[2])):
            return None
        account = self._accounts.find(token.user)
        now = self._now()
        if account is None or account.disabled or not account.valid_from <= token.issued_at <= now < token.expires_at:
            return None
        if account.sender != token.sender or self.is_revoked(token.token_id):
            return None
        return account.as_user(token_id=token.token_id, collections=token.collections)

    def find(self, token_id: str) -> Token | None:
        """Return what is kept of a token, None if there is none."""
        try:
            return Token.model_validate_json(self._store.get(self._layout.key("token", token_id=token_id)))
        except ObjectNotFound:
            return None

    def is_revoked(self, token_id: str) -> bool:
        """Tell whether a token is void."""
        return self._store.head(self._layout.key("token_revoked", token_id=token_id)) is not None

    def of_sender(self, sender: str | None) -> Iterator[Token]:
        """Yield a sender's tokens that are not revoked, expired ones, too."""
        for token_id in self._store.folders(self._layout.prefix("token")):
            token = self.find(token_id)
            if token is not None and token.sender == sender and not self.is_revoked(token_id):
                yield token

    def revoke(self, token_id: str, *, by: str) -> None:
        """Make a token void for good; without effect if it is."""
        said = _Revoked(at=self._now(), by=by)
        self._store.put_if_absent(self._layout.key("token_revoked", token_id=token_id), said.model_dump_json().encode())


class _Revoked(BaseModel):
    at: datetime
    by: str


def _hash(secret: str) -> str:
    return sha256_of(secret.encode())
