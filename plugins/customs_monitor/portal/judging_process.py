"""Judges what the portal has landed, in a process of its own: Great Expectations takes seconds to load and much memory.

The judge is the one of the feeds' DAGs. Where a DAG runs at the same time, lock and records keep the two apart.
"""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path

from customs_monitor.collection.judging import judge_waiting
from customs_monitor.contracts import Project, Registry
from customs_storage import open_store
from customs_storage.layout import Layout


def judge_feed(store_url: str, project: str, feed: str) -> int:
    """Judge the waiting deliveries of a feed and return how many they were; runs in the child process."""
    with tempfile.TemporaryDirectory(prefix="customs-monitor-judge-") as folder:
        run_id = f"portal-{uuid.uuid4().hex[:16]}"
        registry = Registry.load(Project(Path(project)))
        outcome = judge_waiting(open_store(store_url), Layout.load(), registry, feed, run_id, Path(folder))
    return len(outcome.deliveries)
