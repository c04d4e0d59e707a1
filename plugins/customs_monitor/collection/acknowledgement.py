"""Acknowledgements: signed receipts that an officer can keep, and anybody can verify without the platform.

The JSON has the claims in the clear and a JWS (RFC 7515) over their canonical form; the PDF is made from the JSON, says
the same in words and carries the JWS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from customs_monitor.collection.records import Place, Record, Verdict
from customs_monitor.collection.signing import SigningKey
from customs_monitor.contracts import Registry
from customs_storage import ObjectStore
from customs_storage.layout import Layout


class VerificationFailed(ValueError):
    """The document is no acknowledgement, was changed, or was signed with a key that is not known."""


class Claims(Record):
    """What an acknowledgement says.

    Attributes:
        collection: id of the feed; `collection_name` in words.
        version: place of the delivery among those of the same period and sender, from 1.
        event: number of the sending in the ledger; a version that was sent again has an acknowledgement of each.
        received_at: when it was confirmed.
        user: who confirmed.
    """

    collection: str
    collection_name: str
    period: str
    sender: str
    delivery_id: str
    version: int
    event: int
    kind: Literal["sent", "resent"]
    file: str
    sha256: str
    size: int
    received_at: datetime
    verdict: Verdict
    rows_read: int
    rows_accepted: int
    rows_refused: int
    warnings: int
    user: str
    issued_at: datetime


@dataclass(frozen=True)
class Acknowledgement:
    """The two files of an acknowledgement, with their keys in the store."""

    claims: Claims
    json: bytes
    json_key: str
    pdf: bytes
    pdf_key: str


def acknowledge(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    place: Place,
    number: int,
    key: SigningKey,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Acknowledgement | None:
    """Give the acknowledgement of a sending: the one that is there, else a new one.

    Args:
        store: the store.
        layout: the keys of the store.
        registry: the contracts.
        place: whose ledger.
        number: of the event `sent` or `resent`.
        key: signs.
        now: the clock.

    Returns:
        None while the delivery has no verdict, or if there is no such event.
    """
    raise NotImplementedError


def acknowledge_all(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    feed: str,
    key: SigningKey,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> int:
    """Give the acknowledgements of a feed that are missing, as a killed process may have left them; return how many."""
    raise NotImplementedError


def verify(document: bytes, keys: Mapping[str, Any]) -> Claims:
    """Verify an acknowledgement, JSON or PDF, and return what was signed.

    Args:
        document: the file.
        keys: a JWK set.

    Raises:
        VerificationFailed: see there.
    """
    raise NotImplementedError
