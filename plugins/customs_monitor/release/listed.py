"""The deliveries that a manifest lists, exactly those and not the ones in force today, as they are in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from customs_monitor.collection.in_force import InForce
from customs_monitor.collection.records import JudgementRecord, Receipt
from customs_monitor.collection.verdicts import judgement_key, place_of, rows_key
from customs_monitor.release.accepted import LocalDelivery
from customs_monitor.release.errors import ReleaseError
from customs_monitor.release.inputs import local_deliveries
from customs_storage import ChecksumMismatch, ObjectNotFound, ObjectStore
from customs_storage.layout import Layout
from customs_storage.manifest import ManifestDelivery

_RESTORE = "restore it from an earlier version of the bucket or from a copy of the store"


@dataclass
class Fetched:
    """Deliveries of a manifest.

    Attributes:
        deliveries: their records, in the order in which a release takes them.
        local: their accepted rows on a local disk, in the same order.
        problems: what is missing or is not what was judged, with its key and what to do; such deliveries are left out.
    """

    deliveries: list[InForce] = field(default_factory=list)
    local: list[LocalDelivery] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def fetch(
    store: ObjectStore,
    layout: Layout,
    deliveries: Iterable[ManifestDelivery],
    folder: Path,
    tell: Callable[[str], None] = lambda _text: None,
) -> Fetched:
    """Get deliveries of a manifest with their accepted rows.

    Args:
        store: where they are.
        layout: the keys of the store.
        deliveries: those of the manifest that are wanted.
        folder: for the rows of a store that is not local; of the caller, who removes it.
        tell: is told how far it is.
    """
    wanted, fetched = tuple(deliveries), Fetched()
    found: list[tuple[InForce, LocalDelivery]] = []
    for number, delivery in enumerate(wanted):
        tell(f"fetching delivery {number + 1} of {len(wanted)}: {delivery.feed} {delivery.period} {delivery.sender}")
        try:
            item = _listed(store, layout, delivery)
            (local,) = local_deliveries(store, [item], folder / f"{number:06d}")
            found.append((item, local))
        except ObjectNotFound as error:
            fetched.problems.append(f"{error}: {_RESTORE}")
        except ChecksumMismatch as error:
            fetched.problems.append(f"{error}: {_RESTORE}")
        except ReleaseError as error:
            fetched.problems.append(str(error))
    found.sort(key=lambda pair: _order(pair[0].receipt))
    fetched.deliveries, fetched.local = [item for item, _ in found], [local for _, local in found]
    return fetched


def _order(receipt: Receipt) -> tuple[object, ...]:
    """Return what deliveries are sorted by, as `in_force` does."""
    return (
        receipt.feed, receipt.period, receipt.sender, receipt.sequence, receipt.received_at, receipt.delivery_id,
    )  # fmt: skip


def _listed(store: ObjectStore, layout: Layout, delivery: ManifestDelivery) -> InForce:
    key = layout.key("receipt", **place_of(delivery))
    receipt = Receipt.read(store, key)
    if receipt.sha256 != delivery.sha256:
        raise ReleaseError(f"{store.url}: {key} is the receipt of other bytes than the release rests on: {_RESTORE}")
    key = judgement_key(layout, delivery, delivery.revision)
    judgement = JudgementRecord.read(store, key)
    if judgement.accepted_sha256 is None:
        raise ReleaseError(f"{store.url}: {key} accepts nothing, and the release rests on it: {_RESTORE}")
    if delivery.accepted_sha256 not in (None, judgement.accepted_sha256):
        raise ReleaseError(f"{store.url}: {key} accepts other rows than the release rests on: {_RESTORE}")
    return InForce(receipt, judgement, rows_key(layout, delivery, delivery.revision))
