"""What would change: an upload against the version in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from customs_monitor.collection.records import Place, Record
from customs_monitor.collection.upload_check import UploadVerdict
from customs_monitor.collection.uploads import Upload
from customs_monitor.contracts import Contract, Registry
from customs_storage import ObjectStore
from customs_storage.layout import Layout

#: Changed rows that are shown, those that move most first.
SHOWN = 200


class TouchedIndicator(Record):
    """An indicator that the collection is a source of."""

    id: str
    title: str


class MeasureChange(Record):
    """A measure over all rows.

    Attributes:
        column: the measure.
        aggregate: `total`; `mean` for scores, which do not add up.
        old, new: None where there are no rows with a value.
        difference: new - old, a missing one as 0.
        share: difference / old; None where old is 0 or missing.
    """

    column: str
    aggregate: Literal["total", "mean"]
    old: int | float | None
    new: int | float | None
    difference: int | float
    share: float | None


class RowChange(Record):
    """A row that is added, removed or changed.

    Attributes:
        key: the codes of its key, by column.
        old, new: the values that differ, by column, as text; empty where the row is not there.
    """

    kind: Literal["added", "removed", "changed"]
    key: dict[str, str]
    old: dict[str, str | None]
    new: dict[str, str | None]


class Preview(Record):
    """What would change.

    Attributes:
        against: the delivery in force; None where there is none.
        added, removed, changed, unchanged: rows, matched by their key.
        measures: in the order of the columns.
        rows: changed rows, at most `SHOWN`, those that move most first.
        indicators: that rest on the collection.
    """

    feed: str
    period: str
    sender: str
    against: str | None
    added: int
    removed: int
    changed: int
    unchanged: int
    measures: tuple[MeasureChange, ...]
    rows: tuple[RowChange, ...]
    indicators: tuple[TouchedIndicator, ...]

    @property
    def nothing_changes(self) -> bool:
        """Whether every row is the same."""
        return not (self.added or self.removed or self.changed)


def compare(
    new: Path, old: Path | None, contract: Contract, registry: Registry, place: Place, against: str | None
) -> Preview:
    """Compare accepted rows as Parquet with those in force; `indicators` is empty.

    Args:
        new: the rows that would be accepted.
        old: the rows in force, None where there are none.
        contract: has key and columns.
        registry: has concepts.
        place: whose deliveries.
        against: id of the delivery in force.
    """
    raise NotImplementedError


def preview(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    upload: Upload,
    verdict: UploadVerdict,
    scratch: Path,
    indicators: Mapping[str, Sequence[TouchedIndicator]] = {},
) -> Preview | None:
    """Return what sending a checked upload would change now; kept, so that asking again costs nothing.

    Args:
        store: the store.
        layout: the keys of the store.
        registry: the contracts.
        upload: the upload.
        verdict: its verdict.
        scratch: a folder for working files.
        indicators: those that rest on each feed (`customs_monitor.release.specs.indicators_by_feed`).

    Returns:
        None where nothing would be accepted.
    """
    raise NotImplementedError
