"""Landing and judging of all feeds without Airflow, as `customs-monitor run` does it."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from customs_monitor.collection.inbox import Found, Inbox, look_through
from customs_monitor.collection.judging import judge_waiting
from customs_monitor.collection.landing import land_files
from customs_monitor.collection.progress import Progress
from customs_monitor.collection.records import LandingOutcome
from customs_monitor.collection.summary import ACCEPTED_TOLD, changing_lines, delivery_lines, fault_lines
from customs_monitor.collection.workers import Failure, prepare, side_by_side
from customs_monitor.contracts import Project, Registry
from customs_storage import ObjectStore, open_store
from customs_storage.layout import Layout

log = logging.getLogger(__name__)

#: So many feeds with something new are judged side by side; for fewer, the start of workers costs more than it saves.
_WORTH_WORKERS = 8
_PRELOADED = "customs_monitor.collection.preloaded"


@dataclass(frozen=True)
class Collected:
    """What was found in the inboxes, and the error of each feed that failed to land or judge all or some of it."""

    found: Found
    failures: dict[str, str]


@dataclass(frozen=True)
class _Told:
    """What is told of the judging of a feed: a line per verdict, and one per delivery that the store has lost."""

    verdicts: tuple[str, ...]
    lost: tuple[str, ...]


def collect(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    inboxes: Sequence[Inbox],
    run_id: str,
    scratch: Path,
    progress: Progress,
    workers: int = 1,
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
        workers: feeds that are judged side by side where there are many, each in a process of its own. They open the
            store by its URL and load the contracts of the registry's project.
    """
    progress.doing("looking through the inboxes")
    found = look_through(inboxes, registry, scratch)
    failures: dict[str, str] = {}

    def failed(feed: str, failure: Failure) -> None:
        # The outcome record of the step has it too.
        failures[feed] = failure.told
        log.debug("%s failed: %s", feed, failure.trace)
        progress.tell(f"{feed}: FAILED: {failure.told}")

    landed: dict[str, LandingOutcome] = {}
    fresh = 0
    for feed in largest_first(registry, found):
        progress.doing(f"{feed}: landing")
        try:
            landed[feed] = land_files(store, layout, registry, feed, found.claimed.get(feed, []), run_id)
        except Exception as error:
            failed(feed, Failure.of(error))
            continue
        fresh += bool(landed[feed].landed)
        if workers > 1 and fresh == _WORTH_WORKERS:
            prepare([_PRELOADED])
    if workers > 1 and fresh >= _WORTH_WORKERS:
        work = partial(_judged_by_worker, store.url, registry.project.root, run_id, scratch)
        results = side_by_side(work, list(landed), workers, progress.doing)
    else:
        results = _one_by_one(partial(_judged, store, layout, registry, run_id, scratch), sorted(landed), progress)
    for feed, result in results:
        if isinstance(result, Failure):
            failed(feed, result)
            continue
        for line in (*changing_lines(landed[feed]), *result.verdicts, *result.lost):
            progress.tell(f"{feed}: {line}")
        if result.lost:
            failures[feed] = "; ".join(result.lost)
    return Collected(found, {feed: failures[feed] for feed in sorted(failures)})


def largest_first(registry: Registry, found: Found) -> list[str]:
    """Return the feeds by the bytes that wait for them: the longest task shall not be the last to begin."""
    waiting = {feed: sum(_size(file.path) for file, _ in claimed) for feed, claimed in found.claimed.items()}
    return sorted(registry.feeds, key=lambda feed: -waiting.get(feed, 0))


def _size(path: Path) -> int:
    """Return the bytes of a file; 0 where its sender has taken it back."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _one_by_one(
    work: Callable[[str, Callable[[str], None]], _Told], feeds: Sequence[str], progress: Progress
) -> Iterator[tuple[str, _Told | Failure]]:
    for feed in feeds:
        try:
            yield feed, work(feed, progress.doing)
        except Exception as error:
            yield feed, Failure.of(error)


def _judged(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    run_id: str,
    scratch: Path,
    feed: str,
    doing: Callable[[str], None],
) -> _Told:
    """Judge what waits for a feed."""
    with tempfile.TemporaryDirectory(dir=scratch) as working:
        judged = judge_waiting(store, layout, registry, feed, run_id, Path(working), Progress(doing=doing))
    return _Told(tuple(delivery_lines(judged, ACCEPTED_TOLD)), tuple(fault_lines(judged.faults)))


def _judged_by_worker(
    store_url: str, root: Path, run_id: str, scratch: Path, feed: str, doing: Callable[[str], None]
) -> _Told:
    return _judged(*_opened(store_url, root), run_id, scratch, feed, doing)


@cache
def _opened(store_url: str, root: Path) -> tuple[ObjectStore, Layout, Registry]:
    """Return what a worker needs for every feed."""
    return open_store(store_url), Layout.load(), Registry.load(Project(root))
