"""Reading the tables of a release: of a published one only bytes that its manifest vouches for."""

from __future__ import annotations

import io
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from customs_monitor.collection.records import JudgementRecord
from customs_monitor.collection.verdicts import judgement_key
from customs_monitor.release.contents import Contents, IndicatorEntry
from customs_monitor.release.datasets import Dataset
from customs_monitor.release.errors import NotInRelease, ReleaseError
from customs_storage import ObjectNotFound, ObjectStore
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout
from customs_storage.manifest import Manifest, ManifestDelivery

#: The code under which judging lists corrected cells.
CORRECTED = "CORRECTION_APPLIED"


@dataclass(frozen=True)
class Published:
    """A release and what it contains."""

    store: ObjectStore
    layout: Layout
    manifest: Manifest
    contents: Contents

    @classmethod
    def of(cls, store: ObjectStore, layout: Layout, manifest: Manifest) -> Published:
        """Open a release."""
        return cls(store, layout, manifest, Contents.of(store, layout, manifest.release_id))

    def indicator(self, indicator: str) -> tuple[IndicatorEntry, Dataset]:
        """Return an indicator that has figures, with its table.

        Raises:
            NotInRelease: if there is no such indicator, or it has no public figure; the message says why.
        """
        entry = self.contents.indicator(indicator)
        if entry is None:
            known = [item.id for item in self.contents.indicators]
            near = get_close_matches(indicator.lower().replace("_", "-"), known, n=3, cutoff=0.5)
            meant = f"did you mean {' or '.join(near)}? " if near else ""
            raise NotInRelease(f"there is no indicator {indicator}: {meant}See customs-monitor indicators")
        if entry.dataset is None or entry.state != "published":
            raise NotInRelease(f"{indicator} is not published: {entry.state}: {entry.reason}")
        return entry, entry.dataset

    def sha256(self, dataset: Dataset) -> str | None:
        """Return the hash of a table's Parquet file, None if the release has no such public table."""
        path = f"{dataset.stem}.parquet"
        return next((file.sha256 for file in self.manifest.files if file.path == path), None)

    def corrected(self, delivery: ManifestDelivery) -> bool:
        """Tell whether known errors of the source were corrected in a delivery."""
        return _corrected(self.store, self.layout, delivery)

    def table(self, dataset: Dataset) -> pa.Table:
        """Read a table.

        Raises:
            ReleaseError: if its bytes are not those of the manifest.
        """
        key = self.layout.key("release_file", release_id=self.manifest.release_id, path=f"{dataset.stem}.parquet")
        data = self.store.get(key)
        if sha256_of(data) != self.sha256(dataset):
            raise ReleaseError(f"{self.store.url}: {key} is not what was published: see customs-monitor verify")
        return pq.read_table(io.BytesIO(data))


@dataclass(frozen=True)
class Written:
    """A release that is being made: its public files are in a folder and not yet listed in the manifest."""

    store: ObjectStore
    layout: Layout
    manifest: Manifest
    contents: Contents
    folder: Path

    def sha256(self, dataset: Dataset) -> str | None:
        """Return the hash of a table's Parquet file, None if there is no such public table."""
        path = self._path(dataset)
        return sha256_of(path) if path.is_file() else None

    def corrected(self, delivery: ManifestDelivery) -> bool:
        """Tell whether known errors of the source were corrected in a delivery."""
        return _corrected(self.store, self.layout, delivery)

    def table(self, dataset: Dataset) -> pa.Table:
        """Read a table."""
        return pq.read_table(self._path(dataset))

    def _path(self, dataset: Dataset) -> Path:
        return self.folder / f"{dataset.stem}.parquet"


def _corrected(store: ObjectStore, layout: Layout, delivery: ManifestDelivery) -> bool:
    """Tell by the record of its verdict whether known errors of the source were corrected in a delivery."""
    try:
        judgement = JudgementRecord.read(store, judgement_key(layout, delivery, delivery.revision))
    except ObjectNotFound:
        return False
    return any(issue.code == CORRECTED for issue in judgement.issues)
