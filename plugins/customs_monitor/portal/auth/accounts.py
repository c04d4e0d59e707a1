"""Accounts: append-only versions in the store, the last of which counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from customs_monitor.portal.auth.passwords import hashed, is_right, needs_rehash
from customs_monitor.portal.auth.roles import COMMISSION_ROLES, Role, User
from customs_storage import ObjectStore
from customs_storage.layout import Layout

NAME = re.compile(r"[a-z0-9][a-z0-9_.+-]{1,62}[a-z0-9]")
#: Who makes the accounts of people whom the identity provider lets in.
PROVIDER = "provider"
_SENDER = re.compile(r"[A-Z]{2}")


class AccountError(ValueError):
    """An account cannot be as it was asked for; the message says why."""


class Account(BaseModel):
    """One version of an account.

    Attributes:
        user: the name she signs in with.
        number: the version, from 1.
        role, sender, collections, delegated, display, language: as in `User`.
        email: where reminders go.
        password: the Argon2id hash; None for an account of the identity provider.
        disabled: whether she is kept out.
        valid_from: sessions and tokens opened before are void (the password was changed, the account disabled).
        at, by: when this version was made, and by whom.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    user: str
    number: int = Field(ge=1)
    role: Role
    sender: str | None = None
    collections: frozenset[str] | None = None
    delegated: bool = False
    display: str = ""
    language: str | None = None
    email: str | None = None
    password: str | None = Field(default=None, repr=False)
    disabled: bool = False
    valid_from: datetime
    at: datetime
    by: str

    @model_validator(mode="after")
    def _belongs_somewhere(self) -> Account:
        if (self.role in COMMISSION_ROLES) != (self.sender is None):
            where = "no Member State" if self.sender else "a Member State, like EL"
            raise ValueError(f"a {self.role.value} belongs to {where}: mend the sender")
        if self.sender is not None and not _SENDER.fullmatch(self.sender):
            raise ValueError(f"{self.sender!r} is no Member State: write its code, like EL")
        if self.delegated and self.role is not Role.deputy:
            raise ValueError("only a deputy can be delegated to")
        return self

    def as_user(self, *, token_id: str | None = None, collections: frozenset[str] | None = None) -> User:
        """Return who this account makes its owner, or a machine with a token for some of her collections."""
        narrowed = self.collections
        if collections is not None:
            narrowed = collections if narrowed is None else narrowed & collections
        return User(
            self.user,
            self.role,
            self.sender,
            narrowed,
            self.delegated,
            self.display or self.user,
            self.language,
            token_id,
        )


class Accounts:
    """The accounts of a store.

    Args:
        store: where they are.
        layout: its keys.
        now: the clock, in UTC.
    """

    def __init__(self, store: ObjectStore, layout: Layout, now: Callable[[], datetime]) -> None:
        self._store, self._layout, self._now = store, layout, now

    def find(self, user: str) -> Account | None:
        """Return the version that counts, None if there is no such account (or the name can be none)."""
        if not NAME.fullmatch(user):
            return None
        last = None
        for info in self._store.list(self._layout.prefix("account", user=user)):
            last = info.key
        return Account.model_validate_json(self._store.get(last)) if last else None

    def all(self) -> Iterator[Account]:
        """Yield the accounts by name, in the version that counts."""
        for user in self._store.folders(self._layout.prefix("account")):
            if account := self.find(user):
                yield account

    def add(self, user: str, *, by: str, password: str | None = None, **fields: Any) -> Account:
        """Make an account.

        Args:
            user: the name she will sign in with.
            by: who makes it.
            password: its password; None for an account of the identity provider.
            **fields: role, sender and what else an account has.

        Raises:
            AccountError: if the name is taken or no name, or the fields contradict each other.
        """
        if not NAME.fullmatch(user):
            raise AccountError(
                f"{user!r} is no name for an account: write 3 to 64 lower-case letters, digits and . _ + -"
            )
        now = self._now()
        made = self._version(
            user=user,
            number=1,
            password=hashed(password) if password is not None else None,
            valid_from=now,
            at=now,
            by=by,
            **fields,
        )
        if not self._kept(made):
            raise AccountError(f"there is an account {user} already: choose another name")
        return made

    def change(self, user: str, *, by: str, **fields: Any) -> Account:
        """Make a new version of an account; one who disables it or changes its password ends its sessions.

        Args:
            user: the account.
            by: who changes it.
            **fields: what changes; `password` is given in clear and hashed here.

        Raises:
            AccountError: if there is no such account, or the fields contradict each other.
        """
        if fields.get("password") is not None:
            fields["password"] = hashed(fields["password"])
        while True:
            old = self.find(user)
            if old is None:
                raise AccountError(f"there is no account {user}: see customs-monitor user list")
            now = self._now()
            ending = {"valid_from": now} if "password" in fields or fields.get("disabled") else {}
            new = self._version(
                **{**old.model_dump(), **fields, **ending, "number": old.number + 1, "at": now, "by": by}
            )
            if self._kept(new):
                return new

    def of_provider(self, user: str, fields: Mapping[str, Any]) -> Account | None:
        """Return the account of somebody whom the identity provider has let in, as its claims now say she is.

        Args:
            user: the account's name, from issuer and subject.
            fields: role, sender and what else follows from the claims.

        Returns:
            None if it is disabled here.

        Raises:
            AccountError: if the fields contradict each other.
        """
        account = self.find(user)
        if account is None:
            try:
                return self.add(user, by=PROVIDER, **fields)
            except AccountError:
                if (account := self.find(user)) is None:  # else another process was faster
                    raise
        if account.disabled:
            return None
        now = {name: value for name, value in fields.items() if name != "language"}  # which she may have chosen here
        if any(getattr(account, name) != value for name, value in now.items()):
            return self.change(user, by=PROVIDER, **now)
        return account

    def signed_in(self, user: str, password: str) -> Account | None:
        """Return the account if the password is its own and it is not disabled.

        A name that is unknown costs the same time as a wrong password.
        """
        account = self.find(user)
        right = is_right(account.password if account else None, password)
        if account is None or account.disabled or not right:
            return None
        if needs_rehash(account.password):
            return self._rehashed(account, password)
        return account

    def _rehashed(self, account: Account, password: str) -> Account:
        new = account.model_copy(
            update={"password": hashed(password), "number": account.number + 1, "at": self._now(), "by": account.user}
        )
        return new if self._kept(new) else account

    @staticmethod
    def _version(**fields: Any) -> Account:
        try:
            return Account.model_validate(fields)
        except ValueError as error:
            reasons = [str(item["msg"]).removeprefix("Value error, ") for item in getattr(error, "errors", list)()]
            raise AccountError("; ".join(reasons)) from None

    def _kept(self, account: Account) -> bool:
        key = self._layout.key("account", user=account.user, number=f"{account.number:06}")
        return self._store.put_if_absent(key, account.model_dump_json().encode())
