"""The records of Great Expectations in a store, as Data Docs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from customs_monitor.collection.outcomes import EXPECTATIONS
from customs_monitor.validation.data_docs import build_data_docs
from customs_storage import ObjectStore
from customs_storage.layout import Layout

_NAME = re.compile(rf"[a-z0-9_]+\.{EXPECTATIONS}(\.retry-\d+)?")


def write_data_docs(store: ObjectStore, layout: Layout, target: Path, run_id: str | None = None) -> Path | None:
    """Write a page for each batch that Great Expectations has judged.

    Args:
        store: the store.
        layout: the keys of the store.
        target: the folder of the site.
        run_id: the run that judged; all runs without it.

    Returns:
        The first page, None if nothing was judged.
    """
    records = list(_records(store, layout, run_id))
    return build_data_docs(records, target) if records else None


def _records(store: ObjectStore, layout: Layout, run_id: str | None) -> Iterator[bytes]:
    folder = layout.prefix("outcome") if run_id is None else layout.prefix("outcome", run_id=run_id)
    for item in store.list(folder):
        if _NAME.fullmatch(layout.parse("outcome", item.key)["name"]):
            yield store.get(item.key)
