"""The pool of processes that judge: what the portal calls."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from types import TracebackType

from customs_monitor.checking.limits import CheckLimits
from customs_monitor.checking.results import CheckResult, Network, Unpacked
from customs_monitor.contracts import Project


class CheckPool:
    """Judges files in processes of their own.

    A zygote, a fresh Python with libraries and contracts loaded, forks a child for each job. The child has an own
    scratch folder, limits and no network, and ends with its job. Every method may be called from any thread.

    Args:
        workers: the most jobs at a time; others wait in the order in which they came.
        limits: what one job may cost.
        project: whose contracts; the one of this checkout by default.
    """

    def __init__(self, workers: int = 2, limits: CheckLimits | None = None, project: Project | None = None) -> None:
        raise NotImplementedError

    def __enter__(self) -> CheckPool:
        raise NotImplementedError

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise NotImplementedError

    def start(self) -> None:
        """Start the zygote and wait until it can judge; the first check does it where nobody has.

        Raises:
            CheckFailed: if it does not start.
        """
        raise NotImplementedError

    def close(self) -> None:
        """End all processes; jobs that are not done fail with `CheckFailed`."""
        raise NotImplementedError

    @property
    def network(self) -> Network:
        """Whether the processes are cut off from the network; known once the pool has started."""
        raise NotImplementedError

    def check(
        self,
        file: Path,
        feed: str,
        scratch: Path,
        *,
        sender: str | None = None,
        period: str | None = None,
        file_name: str | None = None,
        previous: Path | None = None,
    ) -> CheckResult:
        """Judge a file as `preflight` would; waits for the verdict.

        Args:
            file: a local file; it is read, never changed.
            feed: the collection it is for.
            scratch: an empty folder for this job alone, in which the result's files lie; the caller removes it.
            sender: who sends it; from the file where None.
            period: its period; from the file where None.
            file_name: the name under which it was sent, where `file` has another.
            previous: accepted rows of the delivery in force, to compare with.

        Raises:
            CheckFailed: if the platform is at fault. A file that breaks, starves or stalls the check is refused.
            KeyError: if there is no such feed.
        """
        raise NotImplementedError

    def submit(
        self,
        file: Path,
        feed: str,
        scratch: Path,
        *,
        sender: str | None = None,
        period: str | None = None,
        file_name: str | None = None,
        previous: Path | None = None,
    ) -> Future[CheckResult]:
        """Judge a file without waiting, see `check`; in a coroutine: `await asyncio.wrap_future(pool.submit(...))`.

        A future that is cancelled before its end ends its processes.
        """
        raise NotImplementedError

    def unpack(self, file: Path, scratch: Path) -> Unpacked:
        """Open a ZIP archive of deliveries; nothing of it is taken where anything is wrong with it.

        Args:
            file: a local file for which `is_archive` is true.
            scratch: an empty folder for this job alone, in which the files lie.

        Raises:
            CheckFailed: if the platform is at fault.
        """
        raise NotImplementedError

    def submit_unpack(self, file: Path, scratch: Path) -> Future[Unpacked]:
        """Open an archive without waiting, see `unpack`."""
        raise NotImplementedError


def is_archive(file: Path) -> bool:
    """Tell whether a file is a ZIP archive of deliveries; a workbook, which is a ZIP archive too, is none."""
    raise NotImplementedError
