"""What is new in a release, against the one before."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from customs_monitor.release.contents import Contents
from customs_monitor.release.datasets import Dataset
from customs_monitor.release.diff import compare, identity
from customs_monitor.release.published import Published
from customs_storage import ObjectStore
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout
from customs_storage.manifest import Manifest, ManifestDelivery, read_manifest


@dataclass(frozen=True)
class TableNews:
    """What changed in a table; all figures are of rows."""

    dataset: Dataset
    new: bool
    added: int = 0
    changed: int = 0
    removed: int = 0


@dataclass(frozen=True)
class News:
    """What changed since the release before; `before` is None for the first."""

    before: str | None
    deliveries: tuple[ManifestDelivery, ...]
    tables: tuple[TableNews, ...]
    code_changed: bool


def news(store: ObjectStore, layout: Layout, manifest: Manifest, contents: Contents, folder: Path) -> News:
    """Compare the release that is being made with the one it replaces.

    Args:
        store: where the one before is.
        layout: the keys of the store.
        manifest: of the new release, its files not yet listed.
        contents: of the new release.
        folder: its public files.
    """
    if manifest.replaces is None:
        return News(None, manifest.deliveries, (), code_changed=False)
    before = Published.of(store, layout, read_manifest(store, manifest.replaces))
    known = {identity(delivery) for delivery in before.manifest.deliveries}
    tables = []
    for dataset in contents.datasets:
        path = folder / f"{dataset.stem}.parquet"
        if not path.is_file():
            continue
        old = before.sha256(dataset)
        if old is None:
            tables.append(TableNews(dataset, new=True, added=pq.read_metadata(path).num_rows))
        elif old != sha256_of(path):
            change = compare(before.table(dataset), pq.read_table(io.BytesIO(path.read_bytes())), dataset, rows=0)
            tables.append(TableNews(dataset, False, change.added, change.changed, change.removed))
    return News(
        before=manifest.replaces,
        deliveries=tuple(delivery for delivery in manifest.deliveries if identity(delivery) not in known),
        tables=tuple(tables),
        code_changed=before.manifest.code_version != manifest.code_version,
    )
