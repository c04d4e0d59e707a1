"""Sending: a checked upload becomes a delivery.

`confirm` is the point of no return: one object, created once. Whatever comes after it (landing, ledger, `sent.json`)
can be broken off anywhere and repeated by any process, with the same result.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from customs_monitor.collection.records import Record
from customs_monitor.collection.uploads import Upload, UploadError
from customs_monitor.contracts import Registry
from customs_storage import ObjectStore
from customs_storage.layout import Layout


class NotSendable(UploadError):
    """The upload cannot be sent: it is discarded, too old, an archive (send its members), or not checked yet."""


class Confirmation(Record):
    """Somebody confirmed that an upload is to be sent; `at` is when the delivery counts as received."""

    upload_id: str
    user: str
    at: datetime


class Sent(Record):
    """An upload that has become a delivery.

    Attributes:
        number: of the event in the ledger.
        kind: `resent` where the same bytes were an earlier version, which is the current one again.
        version: place of the delivery among those of the same feed, period and sender, from 1.
    """

    upload_id: str
    feed: str
    period: str
    sender: str
    delivery_id: str
    number: int
    kind: Literal["sent", "resent"]
    version: int
    user: str
    at: datetime


def _now() -> datetime:
    return datetime.now(UTC)


def confirm(
    store: ObjectStore, layout: Layout, upload: Upload, user: str, now: Callable[[], datetime] = _now
) -> Confirmation:
    """Confirm that a complete upload is to be sent; it need not be checked yet.

    Returns:
        The confirmation; the earlier one if it was confirmed before.

    Raises:
        NotSendable: if it is discarded, too old or incomplete.
    """
    raise NotImplementedError


def send(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    upload: Upload,
    user: str,
    scratch: Path,
    now: Callable[[], datetime] = _now,
) -> Sent:
    """Make a checked upload a delivery; repeated, or by several at once, the same one.

    A refused upload is landed too, so that the history shows it. A file that could not be read to its end gets its
    judgement here, from the check: nobody parses it again.

    Args:
        store: the store.
        layout: the keys of the store.
        registry: the contracts.
        upload: the upload.
        user: who sends it; whoever has confirmed it before counts.
        scratch: an empty folder for working files.
        now: the clock.

    Raises:
        NotSendable: see there.
    """
    raise NotImplementedError


def sent_of(store: ObjectStore, layout: Layout, upload: Upload) -> Sent | None:
    """Return what became of an upload, None if it was not sent (yet)."""
    raise NotImplementedError


def confirmed_unsent(store: ObjectStore, layout: Layout) -> list[tuple[Upload, Confirmation]]:
    """Return the uploads that somebody confirmed and that are no deliveries yet, the earliest confirmed first.

    What a killed process has left: once they are checked, `send` completes them.
    """
    raise NotImplementedError
