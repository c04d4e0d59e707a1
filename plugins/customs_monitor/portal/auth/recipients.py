"""Who is written to about a collection: the accounts of the portal."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from customs_monitor.collection.reminders import Recipient
from customs_monitor.portal.auth.accounts import Account, Accounts
from customs_monitor.portal.auth.roles import Role

_DELIVERS = (Role.sender, Role.deputy)


class AccountRecipients:
    """Accounts that are not disabled, have an address, and are not confined to other collections.

    Args:
        accounts: those of the store; read once.
    """

    def __init__(self, accounts: Accounts) -> None:
        self._read: Callable[[], list[Account]] = lambda: list(accounts.all())

    @cached_property
    def _accounts(self) -> list[Account]:
        return [account for account in self._read() if account.email and not account.disabled]

    def of_sender(self, sender: str, feed: str) -> list[Recipient]:
        """Return the people of a sender who deliver a collection."""
        return [_recipient(item) for item in self._for(feed) if item.role in _DELIVERS and item.sender == sender]

    def managers(self, feed: str) -> list[Recipient]:
        """Return the managers of a collection at the Commission."""
        return [_recipient(item) for item in self._for(feed) if item.role is Role.collection_manager]

    def _for(self, feed: str) -> list[Account]:
        return [item for item in self._accounts if item.collections is None or feed in item.collections]


def _recipient(account: Account) -> Recipient:
    return Recipient(account.email or "", account.language or "en")
