"""What changed in a release against the one before, cell by cell, and why: late data, correction, method, code."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from customs_monitor.release.contents import CONTENTS, Contents
from customs_monitor.release.datasets import Dataset
from customs_monitor.release.diff import RowChange, compare, identity
from customs_monitor.release.errors import ReleaseError
from customs_storage import ObjectNotFound, ObjectStore
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout
from customs_storage.manifest import Manifest, ManifestDelivery, read_manifest

#: Changed rows that a page tells; the command `diff` tells all.
ROWS_TOLD = 40

Kind = Literal["new data", "late data", "correction", "withdrawn"]


@dataclass(frozen=True)
class DeliveryNews:
    """A delivery that came or went.

    `late data` is of a period that others had delivered before the release before; a `correction` takes the place of
    what the same sender had delivered for the same period.
    """

    delivery: ManifestDelivery
    kind: Kind


@dataclass(frozen=True)
class TableNews:
    """What changed in a table; all figures are of rows.

    Attributes:
        causes: what may be behind it, the likeliest first.
        rows: the first of the changed rows.
        note: said where rows cannot be compared.
    """

    dataset: Dataset
    new: bool
    causes: tuple[str, ...]
    added: int = 0
    changed: int = 0
    removed: int = 0
    rows: tuple[RowChange, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class MethodNews:
    """An indicator whose definition changed."""

    id: str
    title: str
    old: str
    new: str
    what: tuple[str, ...]


@dataclass(frozen=True)
class News:
    """What changed since the release before; `before` is None for the first."""

    before: str | None
    deliveries: tuple[DeliveryNews, ...] = ()
    tables: tuple[TableNews, ...] = ()
    methods: tuple[MethodNews, ...] = ()
    contracts: tuple[str, ...] = ()
    old_code: str = ""
    new_code: str = ""
    libraries_changed: bool = False

    @property
    def code_changed(self) -> bool:
        """Tell whether the platform's code is another."""
        return self.old_code != self.new_code

    def of(self, stem: str) -> TableNews | None:
        """Return what changed in a table, None if nothing did."""
        return next((item for item in self.tables if item.dataset.stem == stem), None)

    def kind(self, kind: Kind) -> tuple[ManifestDelivery, ...]:
        """Return the deliveries of one kind."""
        return tuple(item.delivery for item in self.deliveries if item.kind == kind)


def news(store: ObjectStore, layout: Layout, manifest: Manifest, contents: Contents, folder: Path) -> News:
    """Compare the release that is being made with the one it replaces.

    Args:
        store: where the one before is.
        layout: the keys of the store.
        manifest: of the new release, its files not yet listed.
        contents: of the new release.
        folder: its public files.

    Raises:
        ReleaseError: if bytes of the one before are not those of its manifest.
    """
    if manifest.replaces is None:
        return News(None, tuple(DeliveryNews(item, "new data") for item in manifest.deliveries))
    before = _Before(store, layout, read_manifest(store, manifest.replaces))
    deliveries = tuple(_deliveries(before.manifest.deliveries, manifest.deliveries))
    methods = tuple(_methods(before.specifications, contents))
    old, new = before.manifest.contract_fingerprints, manifest.contract_fingerprints
    told = News(
        before=manifest.replaces,
        deliveries=deliveries,
        methods=methods,
        contracts=tuple(feed for feed in sorted(new) if feed in old and old[feed] != new[feed]),
        old_code=before.manifest.code_version,
        new_code=manifest.code_version,
        libraries_changed=before.manifest.lock_fingerprint != manifest.lock_fingerprint,
    )
    feeds = {
        **{entry.dataset.stem: entry.feeds for entry in contents.indicators if entry.dataset},
        **{entry.dataset.stem: entry.feeds for entry in contents.marts},
    }
    tables = [
        change
        for dataset in contents.datasets
        if (change := _table(before, dataset, folder, _causes(told, dataset, feeds[dataset.stem]))) is not None
    ]
    return News(**{**told.__dict__, "tables": tuple(tables)})


class _Before:
    """The release before: its tables and what it said of its indicators, which an older version may have written."""

    def __init__(self, store: ObjectStore, layout: Layout, manifest: Manifest) -> None:
        self._store, self._layout, self.manifest = store, layout, manifest
        self._hashes = {file.path: file.sha256 for file in manifest.files}

    @cached_property
    def specifications(self) -> Mapping[str, Mapping[str, Any]]:
        """The specifications by indicator, as plain values: their form may have been another."""
        try:
            told = json.loads(self._store.get(self._key(CONTENTS)))
        except ObjectNotFound:
            return {}
        return {entry["id"]: entry["spec"] for entry in told["indicators"] if entry["spec"]}

    def sha256(self, dataset: Dataset) -> str | None:
        return self._hashes.get(f"{dataset.stem}.parquet")

    def table(self, dataset: Dataset) -> pa.Table:
        key = self._key(f"{dataset.stem}.parquet")
        data = self._store.get(key)
        if sha256_of(data) != self.sha256(dataset):
            raise ReleaseError(f"{self._store.url}: {key} is not what was published: see customs-monitor verify")
        return pq.read_table(io.BytesIO(data))

    def _key(self, path: str) -> str:
        return self._layout.key("release_file", release_id=self.manifest.release_id, path=path)


def _deliveries(old: Iterable[ManifestDelivery], new: Iterable[ManifestDelivery]) -> Iterable[DeliveryNews]:
    old, new = list(old), list(new)
    known, left = {identity(item) for item in old}, {identity(item) for item in new}
    senders = {(item.feed, item.period, item.sender) for item in old}
    periods = {(item.feed, item.period) for item in old}
    for item in new:
        if identity(item) in known:
            continue
        if (item.feed, item.period, item.sender) in senders:
            yield DeliveryNews(item, "correction")
        else:
            yield DeliveryNews(item, "late data" if (item.feed, item.period) in periods else "new data")
    replaced = {(item.feed, item.period, item.sender) for item in new}
    for item in old:
        if identity(item) not in left and (item.feed, item.period, item.sender) not in replaced:
            yield DeliveryNews(item, "withdrawn")


def _methods(old: Mapping[str, Mapping[str, Any]], contents: Contents) -> Iterable[MethodNews]:
    for entry in contents.indicators:
        before = old.get(entry.id)
        if entry.spec is None or before is None or entry.state == "restricted":
            continue
        now = entry.spec.model_dump(mode="json", by_alias=True)
        what = tuple(
            name
            for name in ("definition", "formula", "dimensions", "measures", "coverage_threshold", "assumptions")
            if before.get(name) != now[name]
        )
        if what or before.get("version") != now["version"]:
            said = tuple(name.replace("_", " ") for name in what)
            yield MethodNews(entry.id, entry.title, str(before.get("version", "?")), entry.spec.version, said)


def _causes(told: News, dataset: Dataset, feeds: tuple[str, ...]) -> tuple[str, ...]:
    """Return what may be behind a change of a table: its deliveries, its definition, its contracts, else the code."""
    kinds = {item.kind for item in told.deliveries if item.delivery.feed in feeds}
    causes: list[str] = [kind for kind in ("correction", "late data", "withdrawn", "new data") if kind in kinds]
    if any(method.id == dataset.id for method in told.methods):
        causes.append("method")
    if set(told.contracts) & set(feeds):
        causes.append("rules of the feed")
    if told.code_changed and not causes:
        causes.append("code change")
    return tuple(causes)


def _table(before: _Before, dataset: Dataset, folder: Path, causes: tuple[str, ...]) -> TableNews | None:
    path = folder / f"{dataset.stem}.parquet"
    if not path.is_file():
        return None
    old = before.sha256(dataset)
    if old is None:
        return TableNews(dataset, new=True, causes=causes, added=pq.read_metadata(path).num_rows)
    if old == sha256_of(path):
        return None
    change = compare(before.table(dataset), pq.read_table(io.BytesIO(path.read_bytes())), dataset, rows=ROWS_TOLD)
    return TableNews(
        dataset, False, causes, change.added, change.changed, change.removed, change.rows, change.note
    )  # fmt: skip
