"""Keeping the published part of the store in order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from customs_monitor.release.history import all_ids
from customs_monitor.release.records import AREAS
from customs_storage import ObjectStore
from customs_storage.layout import Layout


def remove_abandoned(
    store: ObjectStore, layout: Layout, older_than: timedelta, now: datetime | None = None
) -> list[str]:
    """Delete the files of candidates that never became a release: killed runs, and those the gate refused.

    A folder with a manifest is a release and stays, whether or not it ever was in force.

    Args:
        store: where they are.
        layout: the keys of the store.
        older_than: how long ago the last file must have been written, so that no candidate is taken from a run.
        now: the clock, by default the present.

    Returns:
        The ids of the candidates deleted.
    """
    limit = (now or datetime.now(UTC)) - older_than
    removed = []
    for release_id in all_ids(store, layout):
        if store.head(layout.key("manifest", release_id=release_id)) is not None:
            continue
        files = [info for area in AREAS for info in store.list(layout.prefix(area, release_id=release_id))]
        if files and max(info.modified for info in files) < limit:
            for info in files:
                store.delete(info.key)
            removed.append(release_id)
    return removed
