"""Who may do what: the one function that pages and API ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person or a machine is to the portal."""

    sender = "sender"
    deputy = "deputy"
    collection_manager = "collection_manager"
    reader = "reader"


class Action(StrEnum):
    """What is done to a sender's part of a collection."""

    see = "see"  # deliveries, reports, history, acknowledgements, deadlines
    check = "check"  # upload and have judged without sending; discard such an upload
    send = "send"  # send, replace, make a nil return
    explain = "explain"  # explain a warning, take an explanation back
    withdraw = "withdraw"  # withdraw a delivery
    manage_tokens = "manage_tokens"  # issue and revoke tokens for machines
    notify = "notify"  # register addresses that verdicts are told to
    oversee = "oversee"  # who has sent and who is late, over all senders


#: Roles of the Commission see every sender; the others have one sender, their own.
COMMISSION_ROLES = frozenset({Role.collection_manager, Role.reader})

_DELEGATED = frozenset({Action.see, Action.check, Action.send, Action.explain})
_ALLOWED: Mapping[Role, frozenset[Action]] = {
    Role.sender: _DELEGATED | {Action.withdraw, Action.manage_tokens, Action.notify},
    Role.deputy: frozenset({Action.see, Action.check}),
    Role.collection_manager: frozenset({Action.see, Action.oversee}),
    Role.reader: frozenset({Action.see, Action.oversee}),
}


@dataclass(frozen=True)
class User:
    """A person, or a machine with a person's token.

    Attributes:
        name: the account's name.
        role: what she is.
        sender: the sender she belongs to, like `EL`; None for the Commission.
        collections: the collections (ids of feeds) she is confined to; None for all.
        delegated: whether a deputy may also send and explain.
        display: her name as shown to people.
        language: the language she prefers, None if she has not said.
        token_id: the token she came with, None in a browser.
    """

    name: str
    role: Role
    sender: str | None = None
    collections: frozenset[str] | None = None
    delegated: bool = False
    display: str = ""
    language: str | None = None
    token_id: str | None = None

    @property
    def is_commission(self) -> bool:
        """Whether she sees every sender."""
        return self.role in COMMISSION_ROLES


def may(user: User, action: Action, sender: str | None, feed: str | None) -> bool:
    """Tell whether somebody may do something to a sender's part of a collection.

    Args:
        user: who asks.
        action: what for.
        sender: whose part; None means the parts of all senders.
        feed: of which collection; None means any that she has at all (a page that lists them).

    Returns:
        False for whatever is not expressly allowed.
    """
    allowed = _ALLOWED[user.role] | (_DELEGATED if user.role is Role.deputy and user.delegated else frozenset())
    if action not in allowed or (user.token_id is not None and action is Action.manage_tokens):
        return False
    if feed is not None and user.collections is not None and feed not in user.collections:
        return False
    if user.sender is None:
        return user.is_commission
    return sender == user.sender
