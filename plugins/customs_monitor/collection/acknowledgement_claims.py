"""What an acknowledgement says."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from customs_monitor.collection.records import Record, Verdict


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
    errors: int
    warnings: int
    user: str
    issued_at: datetime
