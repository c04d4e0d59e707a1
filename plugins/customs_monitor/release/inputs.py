"""The accepted rows that count, as local files that are what was judged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from customs_monitor.collection.in_force import InForce
from customs_monitor.release.accepted import LocalDelivery
from customs_monitor.release.errors import ReleaseError
from customs_storage import ObjectStore
from customs_storage.hashing import sha256_of


def local_deliveries(store: ObjectStore, deliveries: Sequence[InForce], folder: Path) -> list[LocalDelivery]:
    """Return the deliveries with their accepted Parquet on a local disk.

    Files of a local store are read where they are; others are copied to `folder` first.

    Raises:
        ReleaseError: if a file is not the one its delivery was judged by.
    """
    found = []
    for number, item in enumerate(deliveries):
        path = store.local_path(item.key)
        if path is None:
            folder.mkdir(parents=True, exist_ok=True)
            path = store.download(item.key, folder / f"{number:06d}.parquet")
        receipt = item.receipt
        if sha256_of(path) != item.judgement.accepted_sha256:
            raise ReleaseError(
                f"{store.url}: {item.key} is not what delivery {receipt.delivery_id} was judged by: restore it "
                f"from an earlier version, or let customs-monitor rejudge {receipt.feed} write it again"
            )
        found.append(
            LocalDelivery(
                feed=receipt.feed,
                period=receipt.period,
                sender=receipt.sender,
                delivery_id=receipt.delivery_id,
                path=path,
                layout=item.layout,
                received_sequence=receipt.sequence,
                synthetic=receipt.synthetic,
            )
        )
    return found
