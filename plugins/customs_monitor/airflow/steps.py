"""What the tasks of the DAGs do: the same functions as `customs-monitor run`, with what they say in the task's log.

Everything heavy is imported inside, so that reading a DAG file stays cheap.
"""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

from customs_monitor.contracts import Registry
from customs_monitor.settings import inbox_urls, store
from customs_storage.layout import Layout

log = logging.getLogger("customs_monitor")


def land_feed(feed: str, run_id: str) -> dict[str, object]:
    """Land the new files of a feed; return how many were seen and which were new."""
    from customs_monitor.collection.inbox import Inbox, look_through
    from customs_monitor.collection.landing import land_files

    registry = Registry.load()
    with tempfile.TemporaryDirectory() as scratch:
        found = look_through([Inbox.open(url) for url in inbox_urls()], registry, Path(scratch), only=feed)
        outcome = land_files(store(), Layout.load(), registry, feed, found.claimed.get(feed, []), run_id)
    log.info("%d files in the inboxes, %d new", outcome.seen, len(outcome.landed))
    return outcome.model_dump(mode="json")


def judge_feed(feed: str, run_id: str) -> dict[str, object]:
    """Judge the waiting deliveries of a feed; the log gets a line per delivery."""
    from customs_monitor.collection.judging import judge_waiting
    from customs_monitor.collection.summary import delivery_lines

    with tempfile.TemporaryDirectory() as scratch:
        outcome = judge_waiting(store(), Layout.load(), Registry.load(), feed, run_id, Path(scratch))
    for line in delivery_lines(outcome):
        log.info(line)
    return outcome.model_dump(mode="json")
