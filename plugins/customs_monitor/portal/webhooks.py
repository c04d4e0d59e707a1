"""Webhooks: addresses of a sender that verdicts are told to, as objects in the store."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from customs_storage import InvalidKey, ObjectNotFound, ObjectStore
from customs_storage.layout import Layout

#: What a sender can have: each verdict is told to every one.
MOST = 10


class TooMany(ValueError):
    """A sender has as many webhooks as there may be."""


class Webhook(BaseModel):
    """An address that verdicts are told to.

    Attributes:
        sender: whose verdicts; no other's are told.
        collections: those of whoever registered it; None for all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    webhook_id: str
    sender: str
    url: str
    collections: frozenset[str] | None
    registered_at: datetime
    registered_by: str


class Removed(BaseModel):
    """Who removed a webhook, and when."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: datetime
    by: str


class Webhooks:
    """The webhooks of a store.

    Args:
        store: where they are.
        layout: its keys.
        now: the clock, in UTC.
    """

    def __init__(self, store: ObjectStore, layout: Layout, now: Callable[[], datetime]) -> None:
        self._store, self._layout, self._now = store, layout, now

    def register(self, sender: str, url: str, *, by: str, collections: frozenset[str] | None) -> Webhook:
        """Register an address; the same address again gives the webhook that is there.

        Raises:
            TooMany: if there are `MOST` already.
        """
        there = list(self.of_sender(sender))
        for webhook in there:
            if (webhook.url, webhook.collections) == (url, collections):
                return webhook
        if len(there) >= MOST:
            raise TooMany
        webhook = Webhook(
            webhook_id=secrets.token_hex(8),
            sender=sender,
            url=url,
            collections=collections,
            registered_at=self._now(),
            registered_by=by,
        )
        self._store.put(self._key("webhook", webhook.sender, webhook.webhook_id), webhook.model_dump_json().encode())
        return webhook

    def of_sender(self, sender: str) -> Iterator[Webhook]:
        """Yield the webhooks of a sender that were not removed."""
        for webhook_id in self._store.folders(self._layout.prefix("webhook", sender=sender)):
            webhook = self.find(sender, webhook_id)
            if webhook is not None:
                yield webhook

    def senders(self) -> list[str]:
        """Return the senders that ever had one."""
        return list(self._store.folders(self._layout.prefix("webhook")))

    def find(self, sender: str, webhook_id: str) -> Webhook | None:
        """Return a webhook; None if this sender has none of this id (any more)."""
        try:
            if self._store.head(self._key("webhook_removed", sender, webhook_id)) is not None:
                return None
            return Webhook.model_validate_json(self._store.get(self._key("webhook", sender, webhook_id)))
        except (ObjectNotFound, InvalidKey):
            return None

    def remove(self, webhook: Webhook, *, by: str) -> None:
        """Remove a webhook for good; without effect if that was done."""
        said = Removed(at=self._now(), by=by)
        self._store.put_if_absent(
            self._key("webhook_removed", webhook.sender, webhook.webhook_id), said.model_dump_json().encode()
        )

    def _key(self, template: str, sender: str, webhook_id: str) -> str:
        return self._layout.key(template, sender=sender, webhook_id=webhook_id)
