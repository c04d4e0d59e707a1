"""Landing and judging of all feeds in one process, as `customs-monitor run` does it."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from customs_monitor.collection.inbox import Found, Inbox, look_through
from customs_monitor.collection.judging import judge_waiting
from customs_monitor.collection.landing import land_files
from customs_monitor.collection.progress import Progress
from customs_monitor.collection.summary import ACCEPTED_TOLD, changing_lines, delivery_lines
from customs_monitor.contracts import Registry
from customs_storage import ObjectStore
from customs_storage.layout import Layout

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Collected:
    """What was found in the inboxes, and the error of each feed whose landing or judging failed."""

    found: Found
    failures: dict[str, str]


def collect(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    inboxes: Sequence[Inbox],
    run_id: str,
    scratch: Path,
    progress: Progress,
) -> Collected:
    """Land what is in the inboxes, feed by feed, and judge every delivery that waits.

    A feed that has nothing in the inboxes is judged too: a killed run may have landed deliveries and not judged them.
    As under Airflow, a feed that fails does not keep the others from being collected.

    Args:
        store: the store.
        layout: the keys of the store.
        registry: the contracts.
        inboxes: in the order in which their files are received.
        run_id: id of this run, under which the outcomes are kept.
        scratch: a folder for working files.
        progress: is told each verdict, and what is at work.
    """
    progress.doing("looking through the inboxes")
    found = look_through(inboxes, registry, scratch)
    failures: dict[str, str] = {}
    for feed in registry.feeds:
        try:
            progress.doing(f"{feed}: landing")
            landed = land_files(store, layout, registry, feed, found.claimed.get(feed, []), run_id)
            with tempfile.TemporaryDirectory(dir=scratch) as working:
                judged = judge_waiting(store, layout, registry, feed, run_id, Path(working), progress)
        except Exception as error:
            # The outcome record of the step has it too.
            failures[feed] = f"{type(error).__name__}: {error}"
            log.debug("%s failed", feed, exc_info=True)
            progress.tell(f"{feed}: FAILED: {failures[feed]}")
        else:
            for line in (*changing_lines(landed), *delivery_lines(judged, ACCEPTED_TOLD)):
                progress.tell(f"{feed}: {line}")
    return Collected(found, failures)
