"""Whether everything that a release lists is still what it was."""

from __future__ import annotations

from customs_monitor.collection.records import Receipt, Record
from customs_monitor.release.history import manifest_of
from customs_monitor.release.records import AREAS
from customs_storage import ChecksumMismatch, ObjectNotFound, ObjectStore
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout
from customs_storage.manifest import ManifestDelivery, Problem, read_manifest
from customs_storage.manifest import verify as verify_files


class Verification(Record):
    """What was looked at and what is wrong with it.

    Attributes:
        files, bytes: of the release, public and restricted.
        deliveries: how many deliveries' bytes were compared with what was received.
        problems: `<key>: <kind>: <detail>`, sorted; empty if all is well.
    """

    release_id: str
    files: int
    bytes: int
    deliveries: int
    problems: tuple[str, ...]


def verify(store: ObjectStore, layout: Layout, release_id: str | None = None) -> Verification:
    """Hash every file of a release and every delivery it rests on again.

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
    return Verification(
        release_id=manifest.release_id,
        files=files,
        bytes=size,
        deliveries=len(manifest.deliveries),
        problems=tuple(f"{item.key}: {item.kind}: {item.detail}" for item in problems),
    )


def _delivery(store: ObjectStore, layout: Layout, delivery: ManifestDelivery) -> list[Problem]:
    place = delivery.model_dump(include={"feed", "period", "sender", "delivery_id"})
    key = layout.key("receipt", **place)
    try:
        receipt = Receipt.read(store, key)
        key = layout.key("landing", **place, name=receipt.file)
        with store.open(key) as stream:
            found = sha256_of(stream)
    except ObjectNotFound:
        return [Problem("missing", key, f"delivery {delivery.delivery_id} of {delivery.feed} has lost it")]
    except ChecksumMismatch:
        found = "of other bytes than were stored"
    if found == delivery.sha256:
        return []
    return [Problem("altered", key, f"has SHA-256 {found}, should have {delivery.sha256}")]
