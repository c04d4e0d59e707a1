"""Landing: the bytes as received and a receipt, before anything parses them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from customs_monitor.collection.claims import Claim
from customs_monitor.collection.identity import identify
from customs_monitor.collection.inbox import InboxFile
from customs_monitor.collection.outcomes import failure_recorded, keep_outcome
from customs_monitor.collection.records import LandingOutcome, Place, Receipt
from customs_monitor.collection.uncommitted import put_uncommitted
from customs_monitor.contracts import Registry
from customs_storage import ObjectStore
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout

#: Length of a delivery id: 64 bits of the hash of its bytes, enough within one feed, period and sender.
_ID_LENGTH = 16
#: Seconds to wait for another run that handles the same feed.
_LOCK_WAIT = 900.0


class FileChanging(RuntimeError):
    """A file changed while it was landed: whoever puts it there is still at it."""


@dataclass(frozen=True)
class Arrival:
    """A file that is to be landed, with what its receipt will say of it; see `Receipt`.

    Attributes:
        path: its bytes.
        name: what its sender called it.
        seen: size, time and inode from before anybody looked into it; None for a file that only we write to.
    """

    place: Place
    path: Path
    name: str
    layout: str
    fits: bool
    looks_like: tuple[str, ...]
    origin: str
    synthetic: bool = False
    seen: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class Landed:
    """A delivery in the landing zone; `new` tells whether this call has put it there."""

    receipt: Receipt
    new: bool


def land(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    file: InboxFile,
    claim: Claim,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Landed:
    """Store a file of an inbox and then its receipt.

    Args:
        store: where to.
        layout: the keys of the store.
        registry: the contracts.
        file: the file as found.
        claim: whose it is.
        now: the clock.

    Raises:
        FileChanging: if the file is not the same at the end as it was at the beginning; nothing has been landed.
        FileNotFoundError: if it is gone.
    """
    contract, seen = registry.feeds[claim.feed], _stamp(file.path)
    sender, period = identify(file.path, file.name, contract.layout(claim.layout), registry)
    arrival = Arrival(
        place=Place(claim.feed, period, sender),
        path=file.path,
        name=file.path.name,
        layout=claim.layout,
        fits=claim.fits,
        looks_like=claim.looks_like,
        origin=file.origin,
        synthetic=file.synthetic,
        seen=seen,
    )
    return land_arrival(store, layout, arrival, now)


def land_arrival(
    store: ObjectStore,
    layout: Layout,
    arrival: Arrival,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    before_receipt: Callable[[str], None] = lambda _delivery_id: None,
) -> Landed:
    """Store the bytes of a delivery and then its receipt.

    The same feed, sender, period and bytes are a no-op, unless the store has lost them: then they are put back. Killed
    between bytes and receipt, the next call finds the bytes and writes the receipt.

    Args:
        store: where to.
        layout: the keys of the store.
        arrival: what came.
        now: the clock.
        before_receipt: is given the delivery's id before the receipt lets everybody see the delivery.

    Raises:
        FileChanging: if the file is not the same at the end as it was at the beginning; nothing has been landed.
        FileNotFoundError: if it is gone.
    """
    seen = arrival.seen or _stamp(arrival.path)
    digest = sha256_of(arrival.path)
    place, delivery_id = arrival.place.fields, digest[:_ID_LENGTH]
    receipt_key = layout.key("receipt", **place, delivery_id=delivery_id)
    if store.head(receipt_key) is not None:
        earlier = Receipt.read(store, receipt_key)
        lost = layout.key("landing", **place, delivery_id=delivery_id, name=earlier.file)
        if earlier.sha256 == digest and store.head(lost) is None:
            put_uncommitted(store, lost, arrival.path)
        return Landed(earlier, new=False)
    key = layout.key("landing", **place, delivery_id=delivery_id, name=arrival.name)
    put_uncommitted(store, key, arrival.path)
    if _stamp(arrival.path) != seen:
        store.delete(key)
        raise FileChanging(arrival.name)
    before_receipt(delivery_id)
    # Two at once would give the same sequence number to two deliveries; the second one waits, where stores can lock.
    with store.lock("receipt " + " ".join(arrival.place), wait=_LOCK_WAIT):
        receipt = Receipt(
            **place,
            delivery_id=delivery_id,
            file=arrival.name,
            sha256=digest,
            size=seen[0],
            received_at=now(),
            sequence=1 + max((earlier.sequence for earlier in receipts(store, layout, **place)), default=0),
            layout=arrival.layout,
            fits=arrival.fits,
            looks_like=arrival.looks_like,
            origin=arrival.origin,
            synthetic=arrival.synthetic,
        )
        new = store.put_if_absent(receipt_key, receipt.to_bytes())
    return Landed(receipt if new else Receipt.read(store, receipt_key), new)


def land_files(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    feed: str,
    files: Sequence[tuple[InboxFile, Claim]],
    run_id: str,
) -> LandingOutcome:
    """Land the files of a feed in their order, and leave an outcome record.

    A file that changes or goes meanwhile is left for the next run.

    Raises:
        StoreError: if the store fails; the outcome then has the error.
    """
    started_at, clock = datetime.now(UTC), time.monotonic()
    # Two runs at once would give the same sequence number to two deliveries; the second one waits.
    with failure_recorded(store, layout, run_id, feed, "land"), store.lock(f"land-{feed}", wait=_LOCK_WAIT):
        landed: list[Landed] = []
        changing: list[str] = []
        for file, claim in files:
            try:
                landed.append(land(store, layout, registry, file, claim))
            except (FileChanging, FileNotFoundError):
                changing.append(file.name)
        outcome = LandingOutcome(
            run_id=run_id,
            feed=feed,
            started_at=started_at,
            seconds=round(time.monotonic() - clock, 3),
            seen=len(files),
            landed=tuple(item.receipt.delivery_id for item in landed if item.new),
            changing=tuple(changing),
        )
        keep_outcome(store, layout, run_id, f"{feed}.land", outcome)
    return outcome


def receipts(store: ObjectStore, layout: Layout, **place: str) -> Iterator[Receipt]:
    """Yield the receipts below a place (`feed`, or `feed`, `period` and `sender`), in the order of their keys."""
    for key in receipt_keys(store, layout, **place):
        yield Receipt.read(store, key)


def receipt_keys(store: ObjectStore, layout: Layout, **place: str) -> Iterator[str]:
    """Yield the keys of the receipts below a place, without reading them."""
    suffix = "/" + layout.key("receipt", feed="f", period="p", sender="s", delivery_id="d").rpartition("/")[2]
    for info in store.list(layout.prefix("landing", **place)):
        if info.key.endswith(suffix):
            yield info.key


def _stamp(path: Path) -> tuple[int, int, int]:
    """Return what changes when somebody writes to a file: size, time, inode; zeros where there is none any more."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return 0, 0, 0
    return status.st_size, status.st_mtime_ns, status.st_ino
