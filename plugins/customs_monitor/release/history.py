"""The releases of a store: which is in force, which were, and where their files are."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from typing import Literal

from customs_monitor.release.errors import NothingPublished
from customs_monitor.release.records import Release
from customs_storage import ObjectNotFound, ObjectStore
from customs_storage.layout import Layout
from customs_storage.manifest import Manifest, read_manifest
from customs_storage.pointer import read_latest

_RELEASE_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def releases(store: ObjectStore, layout: Layout) -> list[Release]:
    """Return all complete releases, the newest first.

    A release is complete when it has its manifest. It was in force if the one in force goes back to it, step by step.
    """
    chain = set(_chain(store))
    latest = read_latest(store)
    found = []
    for release_id in all_ids(store, layout):
        try:
            manifest = read_manifest(store, release_id)
        except ObjectNotFound:
            continue  # a candidate
        if latest and release_id == latest.release_id:
            found.append(release_of(manifest, "in force"))
        else:
            found.append(release_of(manifest, "superseded" if release_id in chain else "never in force"))
    return sorted(found, key=lambda release: release.release_id, reverse=True)


def release_of(manifest: Manifest, state: Literal["in force", "superseded", "never in force"]) -> Release:
    """Return the release that a manifest describes."""
    parquet = [file.path.split("/") for file in manifest.files if file.path.endswith(".parquet")]
    return Release(
        release_id=manifest.release_id,
        created_at=manifest.created_at,
        code_version=manifest.code_version,
        state=state,
        replaces=manifest.replaces,
        files=len(manifest.files),
        bytes=sum(file.size for file in manifest.files),
        deliveries=len(manifest.deliveries),
        synthetic=sum(delivery.synthetic for delivery in manifest.deliveries),
        indicators=tuple(path[1] for path in parquet if path[0] == "indicators"),
        warnings=sum(verdict.verdict == "warned" for verdict in manifest.gate),
    )


def manifest_in_force(store: ObjectStore, as_of: datetime | None = None) -> Manifest:
    """Return the manifest of the release in force, or of the one that was at a time.

    Args:
        store: where the releases are.
        as_of: the time; without a zone it is UTC. What counts is when the release was made.

    Raises:
        NothingPublished: if there was none.
    """
    if as_of is not None and as_of.tzinfo is None:
        as_of = as_of.replace(tzinfo=UTC)
    release_id = latest.release_id if (latest := read_latest(store)) else None
    while release_id is not None:
        manifest = read_manifest(store, release_id)
        if as_of is None or manifest.created_at <= as_of:
            return manifest
        release_id = manifest.replaces
    if as_of is None:
        raise NothingPublished(f"{store.url}: nothing was published yet: customs-monitor run makes the first release")
    raise NothingPublished(f"{store.url}: nothing was published on {as_of.isoformat()}: see customs-monitor releases")


def manifest_as_of(store: ObjectStore, moment: datetime | str | None) -> Manifest:
    """Return the manifest of the release in force at a moment.

    Args:
        store: where the releases are.
        moment: a time; a text with a time (`2026-11-24T10:30`, UTC where it has no zone), a day (its end: what was
            published during a day counts for it), or the id of a release, in force or not; None for now.

    Raises:
        NothingPublished: if there was none, or the text is none of these.
    """
    if not isinstance(moment, str):
        return manifest_in_force(store, moment)
    if _RELEASE_ID.fullmatch(moment):
        return manifest_of(store, moment)
    try:
        time_asked = datetime.fromisoformat(moment)
    except ValueError:
        raise NothingPublished(
            f"{moment!r} is neither a time like 2026-11-24 or 2026-11-24T10:30, nor the id of a release: "
            "see customs-monitor releases"
        ) from None
    if _DAY.fullmatch(moment):
        time_asked = datetime.combine(time_asked, time.max, UTC)
    return manifest_in_force(store, time_asked)


def manifest_of(store: ObjectStore, release_id: str | None) -> Manifest:
    """Return the manifest of a release, by default of the one in force.

    Raises:
        NothingPublished: if there is no such release.
    """
    if release_id is None:
        return manifest_in_force(store)
    try:
        return read_manifest(store, release_id)
    except ObjectNotFound:
        raise NothingPublished(f"{store.url}: there is no release {release_id}: see customs-monitor releases") from None


def all_ids(store: ObjectStore, layout: Layout) -> list[str]:
    """Return the ids of all releases and candidates, sorted."""
    found: set[str] = set()
    for area in ("release_file", "restricted_file"):
        found |= set(store.folders(layout.prefix(area)))
    return sorted(found)


def _chain(store: ObjectStore) -> list[str]:
    latest = read_latest(store)
    chain: list[str] = []
    release_id = latest.release_id if latest else None
    while release_id is not None:
        chain.append(release_id)
        release_id = read_manifest(store, release_id).replaces
    return chain
