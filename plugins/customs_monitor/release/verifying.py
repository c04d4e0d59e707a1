"""Whether everything that a release lists is still what it was."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from customs_monitor.collection.records import Receipt, Record
from customs_monitor.collection.verdicts import place_of, rows_key
from customs_monitor.release.history import manifest_of
from customs_monitor.release.records import AREAS
from customs_storage import ChecksumMismatch, ObjectNotFound, ObjectStore
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout, LayoutError
from customs_storage.manifest import ManifestDelivery, Problem, read_manifest
from customs_storage.manifest import verify as verify_files


class Verification(Record):
    """What was looked at and what is wrong with it.

    Attributes:
        files, bytes: of the release, public and restricted.
        deliveries: how many deliveries were compared with what was received, and with what was accepted of it.
        problems: `<key>: <kind>: <detail>`, sorted; empty if all is well.
    """

    release_id: str
    files: int
    bytes: int
    deliveries: int
    problems: tuple[str, ...]


def verify(store: ObjectStore, layout: Layout, release_id: str | None = None) -> Verification:
    """Hash every file of a release and every delivery it rests on again: as received, and the rows accepted of it.

    Whatever else has landed is looked through for deliveries of which only the receipt is left.

    Args:
        store: where they are.
        layout: the keys of the store.
        release_id: the release; by default the one in force.

    Raises:
        NothingPublished: if there is no such release.
    """
    manifest = manifest_of(store, release_id)
    problems: list[Problem] = []
    files = size = 0
    for area in AREAS:
        try:
            listed = manifest if area == "release_file" else read_manifest(store, manifest.release_id, area=area)
        except ObjectNotFound:
            continue  # everything is public
        files += len(listed.files)
        size += sum(file.size for file in listed.files)
        # By id: the manifest itself is then compared with latest.json.
        problems += verify_files(store, manifest.release_id, area=area)
    for delivery in manifest.deliveries:
        problems += _delivery(store, layout, delivery)
    told = {problem.key.rpartition("/")[0] for problem in problems}
    problems += [problem for problem in _lost(store, layout) if problem.key.rstrip("/") not in told]
    return Verification(
        release_id=manifest.release_id,
        files=files,
        bytes=size,
        deliveries=len(manifest.deliveries),
        problems=tuple(f"{item.key}: {item.kind}: {item.detail}" for item in problems),
    )


def _lost(store: ObjectStore, layout: Layout) -> Iterator[Problem]:
    """Find deliveries of which only the receipt is left, by the keys of the landing zone."""
    for folder, group in groupby(store.list(layout.prefix("landing")), key=lambda info: info.key.rpartition("/")[0]):
        if len(list(group)) > 1:
            continue
        # Once more: it may have landed while the listing went past it.
        keys = [info.key for info in store.list(f"{folder}/")]
        if len(keys) != 1:
            continue
        try:
            delivery = layout.parse("receipt", keys[0])
        except LayoutError:
            continue  # bytes that have no receipt yet: the next run writes it
        yield Problem(
            "missing", f"{folder}/", f"delivery {delivery['delivery_id']} of {delivery['feed']} has lost its bytes"
        )


def _delivery(store: ObjectStore, layout: Layout, delivery: ManifestDelivery) -> list[Problem]:
    key = layout.key("receipt", **place_of(delivery))
    try:
        receipt = Receipt.read(store, key)
    except ObjectNotFound:
        return [Problem("missing", key, f"delivery {delivery.delivery_id} of {delivery.feed} has lost it")]
    hashes = {layout.key("landing", **place_of(delivery), name=receipt.file): delivery.sha256}
    if delivery.accepted_sha256 is not None:
        hashes[rows_key(layout, delivery, delivery.revision)] = delivery.accepted_sha256
    problems = []
    for key, expected in hashes.items():
        try:
            with store.open(key) as stream:
                found = sha256_of(stream)
        except ObjectNotFound:
            problems.append(Problem("missing", key, f"delivery {delivery.delivery_id} of {delivery.feed} has lost it"))
            continue
        except ChecksumMismatch:
            found = "of other bytes than were stored"
        if found != expected:
            problems.append(Problem("altered", key, f"has SHA-256 {found}, should have {expected}"))
    return problems
