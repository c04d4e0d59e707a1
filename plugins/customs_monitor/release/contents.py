"""What a release contains, in words: written into it as `contents.json`, read by the site and by every query."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ValidationError

from customs_monitor.collection.records import Record
from customs_monitor.release.datasets import Dataset
from customs_monitor.release.errors import ReleaseError
from customs_monitor.release.specs import IndicatorSpec
from customs_storage import ObjectStore
from customs_storage.layout import Layout

CONTENTS = "contents.json"

State = Literal["published", "awaiting data", "restricted"]

#: Stands in the contents of an older release for what its code did not tell yet.
UNTOLD = "not told by the code that made this release"


class LineageNode(Record):
    """A model: what it is, what it reads, and its SQL for DuckDB, empty in releases that did not keep it."""

    description: str
    depends_on: tuple[str, ...]
    sql: str = ""


class CoverageEntry(Record):
    """Who delivered for the last period of an indicator; `low` is below the threshold of its specification."""

    period: str
    senders: int
    expected: int
    low: bool


class IndicatorEntry(Record):
    """One of the indicators of the framework and where it stands.

    Attributes:
        table: number of the framework's table it is in.
        reason: why it awaits data, or for whom its figures are; empty when it is published.
        feeds: the feeds its figures come from, by lineage.
        synthetic: whether any of them has made-up deliveries in force.
        coverage: of the figures for the Union where there are any; None where there is no figure, and in releases
            made before it was told.
    """

    id: str
    title: str
    table: str
    objectives: str
    level: str
    unit: str
    source: str
    frequency: str
    state: State
    reason: str
    spec: IndicatorSpec | None
    dataset: Dataset | None
    rows: int
    feeds: tuple[str, ...]
    synthetic: bool
    coverage: CoverageEntry | None = None


class MartEntry(Record):
    """A published table that is no indicator."""

    dataset: Dataset
    rows: int
    feeds: tuple[str, ...]
    synthetic: bool


class FeedEntry(Record):
    """What a reader should know of a feed."""

    id: str
    name: str
    source_system: str
    owner: str
    legal_basis: str
    licence: str
    cadence: str
    purpose: str
    limitations: str


class FindingEntry(Record):
    """Something odd in the data that a quality model found."""

    model: str
    feed: str
    period: str
    subject: str
    finding: str
    expected: float | None
    found: float | None


class CheckEntry(Record):
    """A data test of the build and its verdict."""

    name: str
    status: str
    failures: int
    message: str
    description: str
    on: tuple[str, ...]


class Contents(Record):
    """Everything that is said of the tables of a release; nothing in it depends on when or where it was made."""

    indicators: tuple[IndicatorEntry, ...]
    marts: tuple[MartEntry, ...]
    feeds: Mapping[str, FeedEntry]
    findings: tuple[FindingEntry, ...]
    checks: tuple[CheckEntry, ...]
    lineage: Mapping[str, LineageNode]

    @property
    def published(self) -> tuple[IndicatorEntry, ...]:
        """The indicators that have figures for everybody."""
        return tuple(entry for entry in self.indicators if entry.state == "published")

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """All tables, the indicators first."""
        return (
            *(entry.dataset for entry in self.indicators if entry.dataset is not None),
            *(entry.dataset for entry in self.marts),
        )

    def indicator(self, indicator: str) -> IndicatorEntry | None:
        """Return an indicator by its id, None if there is none."""
        return next((entry for entry in self.indicators if entry.id == indicator), None)

    def to_json(self) -> bytes:
        """Return it as JSON that a person can read, too."""
        return self.model_dump_json(indent=1, by_alias=True).encode("utf-8") + b"\n"

    @classmethod
    def of(cls, store: ObjectStore, layout: Layout, release_id: str) -> Contents:
        """Read the contents of a release, also one that older code has made.

        Raises:
            ReleaseError: if it says things that this code cannot read.
        """
        key = layout.key("release_file", release_id=release_id, path=CONTENTS)
        document = json.loads(store.get(key))
        while True:
            try:
                return cls.model_validate(document)
            except ValidationError as error:
                if not _told_as_today(document, error):
                    raise ReleaseError(
                        f"{store.url}: {key} was written by other code and says what this code cannot read "
                        f"({'.'.join(map(str, error.errors()[0]['loc']))}): use the code that its manifest names"
                    ) from error


def _told_as_today(document: Any, error: ValidationError) -> bool:
    """Bring contents of an older release nearer to today's form; False where that is not possible.

    What is told no more is left out, and what was not told yet says so. Figures are not touched: contents only say
    what the tables are.
    """
    changed = False
    for problem in error.errors():
        *way, name = problem["loc"]
        place = document
        for part in way:
            place = place[part]
        if problem["type"] == "extra_forbidden":
            del place[name]
        elif problem["type"] == "missing" and "spec" in way:
            place[name] = UNTOLD
        else:
            continue
        changed = True
    return changed
