"""Landing and judging of all feeds in one process, as `customs-monitor run` does it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from customs_monitor.collection.inbox import Found, Inbox, look_through
from customs_monitor.collection.judging import judge_waiting
from customs_monitor.collection.landing import land_files
from customs_monitor.collection.records import JudgingOutcome
from customs_monitor.contracts import Registry
from customs_storage import ObjectStore
from customs_storage.layout import Layout


def collect(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    inboxes: Sequence[Inbox],
    run_id: str,
    scratch: Path,
    progress: Callable[[JudgingOutcome], None],
) -> Found:
    """Land what is in the inboxes, feed by feed, and judge every delivery that waits.

    A feed that has nothing in the inboxes is judged too: a killed run may have landed deliveries and not judged them.

    Args:
        store: the store.
        layout: the keys of the store.
        registry: the contracts.
        inboxes: in the order in which their files are received.
        run_id: id of this run, under which the outcomes are kept.
        scratch: a folder for working files.
        progress: called after each feed that had something waiting.

    Returns:
        What was found in the inboxes.
    """
    found = look_through(inboxes, registry, scratch)
    for feed in registry.feeds:
        land_files(store, layout, registry, feed, found.claimed.get(feed, []), run_id)
        with tempfile.TemporaryDirectory(dir=scratch) as working:
            outcome = judge_waiting(store, layout, registry, feed, run_id, Path(working))
        if outcome.deliveries:
            progress(outcome)
    return found
