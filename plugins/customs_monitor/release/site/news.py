"""What changed since the release before, for the pages: the answer of the command `diff`, with the words around it."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from customs_monitor.release.causes import MethodChange
from customs_monitor.release.changes import Changes, TableNews, changes
from customs_monitor.release.contents import Contents
from customs_monitor.release.errors import ReleaseError
from customs_monitor.release.published import Published, Written
from customs_storage import ObjectNotFound, ObjectStore
from customs_storage.layout import Layout
from customs_storage.manifest import Manifest, read_manifest

log = logging.getLogger(__name__)

#: Changed rows of a table that a page tells; the command `diff` tells all.
ROWS_TOLD = 40
#: What each kind of change of deliveries is, in the order of the page.
_KINDS = {
    "new data": "of periods that nobody had delivered before",
    "late data": "of periods that others had delivered before: figures of these periods become complete",
    "further data": "from senders that had already delivered something else for the period",
    "revision": "in the place of earlier ones of the same sender and period",
    "correction": "in which known errors of the source are now corrected",
    "judged again": "the same as before, of which other rows are accepted under the rules of today",
    "real for synthetic data": "real ones that came, or made-up ones that went because of them",
    "withdrawn": "no longer in force",
}


@dataclass(frozen=True)
class News:
    """What changed since the release before.

    Attributes:
        before: its id; None for the first release.
        changes: None for the first release, and where today's code cannot read what the one before says of itself.
    """

    before: str | None = None
    changes: Changes | None = None

    @property
    def kinds(self) -> list[tuple[str, str, int]]:
        """The kinds of changes of deliveries that there are: name, meaning and number of deliveries."""
        found = Counter[str](item.kind for item in self.changes.deliveries) if self.changes else Counter[str]()
        return [(kind, meaning, found[kind]) for kind, meaning in _KINDS.items() if found[kind]]

    @property
    def figures(self) -> int:
        """Figures of indicators that are others than before; new ones and those that are gone do not count."""
        tables = self.changes.tables if self.changes else ()
        return sum(table.figures for table in tables if table.table.startswith("indicators/"))

    def of(self, stem: str) -> TableNews | None:
        """Return what changed in a table, None if nothing did."""
        return self.changes.of(stem) if self.changes else None

    def method(self, stem: str) -> MethodChange | None:
        """Return how a table is made in another way, None if it is not."""
        methods = self.changes.methods if self.changes else ()
        return next((item for item in methods if item.table == stem), None)


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
        return News()
    try:
        before = Published.of(store, layout, read_manifest(store, manifest.replaces))
    except (ReleaseError, ObjectNotFound) as error:
        # Made by code that tells other things of a release. A new one must be possible all the same.
        log.warning("the pages do not tell what changed: %s", error)
        return News(manifest.replaces)
    return News(manifest.replaces, changes(before, Written(store, layout, manifest, contents, folder), ROWS_TOLD))
