"""What the portal's background does, in the test's own process and at once: checks, sendings, verdicts."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from customs_monitor.collection.judging import judge_waiting
from customs_monitor.collection.signing import signing_key
from customs_monitor.portal.dependencies import Services
from customs_monitor.portal.jobs import Jobs
from support.checking import ChecksHere


def work(services: Services) -> None:
    """Check what waits, send what is confirmed, judge and acknowledge what was sent."""

    def judge(feed: str) -> None:
        with TemporaryDirectory() as folder:
            judge_waiting(services.store, services.layout, services.registry, feed, "test", Path(folder))

    Jobs(services, ChecksHere(services.registry), signing_key(services.settings.home), judge).sweep()
