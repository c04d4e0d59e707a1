"""The pool of checks without its processes: the same job, done here and at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from customs_monitor.checking import CheckLimits, CheckPool
from customs_monitor.checking.jobs import Job
from customs_monitor.checking.results import CheckResult, Unpacked
from customs_monitor.checking.work import answer
from customs_monitor.contracts import Registry


class ChecksHere(CheckPool):
    """Judges in the test's own process, where nothing needs to be kept away from it."""

    def __init__(self, registry: Registry) -> None:
        super().__init__(project=registry.project)
        self._registry = registry

    def start(self) -> None:
        """There is nothing to start."""

    def check(self, file: Path, feed: str, scratch: Path, **job: Any) -> CheckResult:
        found = answer(
            Job(number=0, kind="check", file=file, feed=feed, folder=scratch, **job), self._registry, CheckLimits()
        )
        assert isinstance(found, CheckResult)
        return found

    def unpack(self, file: Path, scratch: Path) -> Unpacked:
        found = answer(Job(number=0, kind="unpack", file=file, folder=scratch), self._registry, CheckLimits())
        assert isinstance(found, Unpacked)
        return found
