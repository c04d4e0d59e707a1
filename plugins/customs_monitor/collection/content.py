"""Questions about the content of deliveries (ESS levels 2 to 5), beside what is in force in a store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from customs_monitor.collection.in_force import InForce, in_force_of
from customs_monitor.collection.records import Place
from customs_monitor.contracts import Contract, Registry
from customs_monitor.validation.content import AcceptedRows, ContentComparison, Question
from customs_storage import ObjectStore
from customs_storage.layout import Layout


def questions_about(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    place: Place,
    scratch: Path,
    rows: Path | None = None,
    synthetic: bool = False,
) -> list[Question]:
    """Return what the figures of one delivery are asked about.

    Args:
        store: has the deliveries in force.
        layout: the keys of the store.
        registry: the contracts.
        place: whose delivery.
        scratch: a folder for copies of remote files.
        rows: accepted rows that would replace those in force (an upload's); None for the delivery in force.
        synthetic: whether `rows` are made up; they are compared with the like alone.

    Returns:
        The questions; none where the feed has no content checks, or no delivery is in force.

    Raises:
        ContractSqlError: if an SQL expression of a content check is wrong.
    """
    contract = registry.feeds[place.feed]
    if not contract.schema_.contentChecks:
        return []
    if rows is None:
        current = [
            item
            for item in in_force_of(store, layout, contract, period=place.period)
            if item.receipt.sender == place.sender
        ]
        if not current:
            return []
        synthetic = current[-1].receipt.synthetic
        rows = _local(store, current[-1], scratch)
    delivered = AcceptedRows(place.feed, place.period, place.sender, rows)
    known = list(_known(store, layout, registry, contract, place, synthetic, scratch))
    with ContentComparison(contract, registry, known) as comparison:
        return comparison.questions(delivered)


def _known(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    contract: Contract,
    place: Place,
    synthetic: bool,
    scratch: Path,
) -> Iterator[AcceptedRows]:
    """Yield what the checks of a contract look at: no other file is fetched."""
    others = {check.other.feed for check in contract.schema_.contentChecks if check.other is not None}
    mirrors = {
        check.other.feed
        for check in contract.schema_.contentChecks
        if check.other is not None and check.against == "mirror"
    }
    yield from _rows(
        store,
        (
            item
            for item in in_force_of(store, layout, contract)
            if item.receipt.synthetic == synthetic
            and (item.receipt.sender == place.sender or item.receipt.period == place.period)
        ),
        scratch,
    )
    for feed in sorted(others):
        other = registry.feeds[feed]
        found = in_force_of(store, layout, other) if feed in mirrors else in_force_of(
            store, layout, other, period=place.period
        )  # fmt: skip
        # Trade statistics are real or not there: what is made up is measured by them too.
        wanted = (item for item in found if feed in mirrors or item.receipt.synthetic == synthetic)
        yield from _rows(
            store, (item for item in wanted if feed in mirrors or item.receipt.sender == place.sender), scratch
        )


def _rows(store: ObjectStore, items: Iterable[InForce], scratch: Path) -> Iterator[AcceptedRows]:
    for item in items:
        receipt = item.receipt
        yield AcceptedRows(receipt.feed, receipt.period, receipt.sender, _local(store, item, scratch))


def _local(store: ObjectStore, item: InForce, scratch: Path) -> Path:
    path = store.local_path(item.key)
    if path is not None:
        return path
    copy = scratch / item.key.replace("/", "_")
    return copy if copy.exists() else store.download(item.key, copy)
