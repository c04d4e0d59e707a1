"""What is left of uploads is removed after a time; only deliveries and the ledger stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from customs_monitor.collection.uploads import KEPT_FOR, clock, uploads_of_all
from customs_storage import ObjectStore
from customs_storage.layout import Layout

#: Whoever confirmed in the last moment has sent by then.
_GRACE = timedelta(days=1)


def remove_expired(store: ObjectStore, layout: Layout, now: Callable[[], datetime] = clock) -> int:
    """Remove uploads that were opened more than `KEPT_FOR` and a day ago, but for those that are being sent.

    What was sent lies in landing and has its history in the ledger. `opened.json` goes last: what a killed process
    has left is found again.

    Returns:
        How many were removed.
    """
    removed = 0
    for status in uploads_of_all(store, layout):
        upload = status.upload
        if status.state == "sending" or now() - upload.opened_at <= KEPT_FOR + _GRACE:
            continue
        opened = layout.key("upload_opened", **upload.fields)
        keys = [info.key for info in store.list(layout.prefix("upload_opened", **upload.fields))]
        for key in keys:
            if key != opened:
                store.delete(key)
        store.delete(opened)
        removed += 1
    return removed
