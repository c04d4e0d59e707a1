"""What the three doors say of spoilt deliveries: the command's function, the portal's pool, the DAGs' steps."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from customs_monitor.checking import CheckPool, CheckResult
from customs_monitor.collection.collect import collect
from customs_monitor.collection.inbox import Inbox
from customs_monitor.collection.landing import receipts
from customs_monitor.collection.preflight import preflight
from customs_monitor.collection.progress import SILENT
from customs_monitor.collection.records import JudgementRecord, Receipt
from customs_monitor.collection.verdicts import judgement_key, report_key
from customs_monitor.collection.workers import Failure, prepare, side_by_side
from customs_monitor.contracts import Registry
from customs_monitor.validation.report import render
from customs_storage import ObjectStore, open_store
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout
from hostile.mutants import Mutant


@dataclass(frozen=True)
class Said:
    """What a door says of a file.

    Attributes:
        report, ess: for programs, without the moment of the check; None of a delivery without issues in the store.
        accepted: hash of the accepted rows.
    """

    verdict: str
    report: Any
    ess: Any
    accepted: str | None


#: What is judged in a process of its own; it is pickled.
Task = Callable[[], dict[str, Said]]


def written(mutants: Sequence[Mutant], inbox: Path) -> dict[str, Path]:
    """Write the files into the folders of their feeds, and return them by name."""
    files = {mutant.name: inbox / mutant.feed / mutant.name for mutant in mutants}
    for mutant in mutants:
        files[mutant.name].parent.mkdir(parents=True, exist_ok=True)
        files[mutant.name].write_bytes(mutant.content)
    return files


def by_preflight(mutants: Sequence[Mutant], files: Mapping[str, Path], folder: Path) -> dict[str, Said]:
    """Judge as `customs-monitor check` does."""
    registry = Registry.load()
    said: dict[str, Said] = {}
    for mutant in mutants:
        with tempfile.TemporaryDirectory(dir=folder) as name:
            scratch = Path(name)
            (working := scratch / "working").mkdir()
            found = preflight(files[mutant.name], registry.feeds[mutant.feed], registry, working)
            reports = [scratch / "report.json", scratch / "report.ess.json"]
            for path, format in zip(reports, ("json", "ess"), strict=True):
                with path.open("w", encoding="utf-8") as out:
                    render(found.delivery, found.judgement, found.contract, format, out)
            accepted = found.judgement.accepted
            said[mutant.name] = Said(
                found.judgement.verdict, *of_files(*reports), None if accepted is None else sha256_of(accepted)
            )
    return said


def submitted(
    mutants: Sequence[Mutant], files: Mapping[str, Path], pool: CheckPool, folder: Path
) -> dict[str, Future[CheckResult]]:
    """Have the portal's pool judge; the results are for `of_result`."""
    futures = {}
    for mutant in mutants:
        (scratch := folder / mutant.name).mkdir(parents=True)
        futures[mutant.name] = pool.submit(files[mutant.name], mutant.feed, scratch)
    return futures


def of_result(result: CheckResult) -> Said:
    """Return what the pool says."""
    reports = {path.name: path for path in result.reports}
    return Said(result.verdict, *of_files(reports["report.json"], reports["report.ess.json"]), result.accepted_sha256)


def by_collecting(files: Mapping[str, Path], folder: Path) -> dict[str, Said]:
    """Land and judge all feeds in one store, as the DAGs do.

    A delivery of a sender and period of which one was accepted is compared with that, and a file with the same bytes is
    the same delivery; those go to another store.
    """
    registry, layout = Registry.load(), Layout.load()
    said: dict[str, Said] = {}
    waiting = dict(files)
    while waiting:
        round_folder = Path(tempfile.mkdtemp(dir=folder))
        for path in waiting.values():
            (feed := round_folder / "inbox" / path.parent.name).mkdir(parents=True, exist_ok=True)
            (feed / path.name).hardlink_to(path)
        (scratch := round_folder / "scratch").mkdir()
        store = open_store((round_folder / "store").as_uri())
        inbox = Inbox.open(str(round_folder / "inbox"))
        collected = collect(store, layout, registry, [inbox], "run", scratch, SILENT)
        assert (collected.failures, collected.found.unclaimed) == ({}, [])
        said |= _first_of_each_place(store, layout)
        waiting = {name: path for name, path in waiting.items() if name not in said}
    return said


def _first_of_each_place(store: ObjectStore, layout: Layout) -> dict[str, Said]:
    """Return what a store says of the deliveries that were compared with no other."""
    said: dict[str, Said] = {}
    accepted: set[tuple[str, ...]] = set()
    for receipt in sorted(receipts(store, layout), key=lambda item: (item.received_at, item.sequence)):
        place = (receipt.feed, receipt.period, receipt.sender)
        if place in accepted:
            continue
        said[receipt.file] = one = _of_store(store, layout, receipt)
        if one.verdict != "refused":
            accepted.add(place)
    return said


def _of_store(store: ObjectStore, layout: Layout, receipt: Receipt) -> Said:
    record = JudgementRecord.read(store, judgement_key(layout, receipt))
    report, ess = (
        json.loads(store.get(report_key(layout, record, name))) if record.issues else None
        for name in ("report.json", "report.ess.json")
    )
    return Said(record.verdict, report, timeless(ess), record.accepted_sha256)


def of_files(report: Path, ess: Path) -> tuple[Any, Any]:
    """Return the two reports that programs read."""
    return json.loads(report.read_bytes()), timeless(json.loads(ess.read_bytes()))


def timeless(ess: Any) -> Any:
    """Take the moment of the check out of a report in the structure of the ESS."""
    for entry in ess or ():
        entry["event"].pop("time")
    return ess


def in_processes(*tasks: Task) -> list[dict[str, Said]]:
    """Do tasks at once, each in a process of its own, and return what they give."""
    prepare(["customs_monitor.collection.preloaded"])
    done = {tasks.index(task): result for task, result in side_by_side(_do, tasks, len(tasks), lambda _doing: None)}
    assert not [result for result in done.values() if isinstance(result, Failure)], done
    return [done[number] for number in range(len(tasks))]


def _do(task: Task, _doing: object) -> dict[str, Said]:
    return task()


def differing(names: Sequence[str], **doors: Mapping[str, Said]) -> list[tuple[str, dict[str, Said]]]:
    """Return the files of which the doors do not say the same; where a door keeps no report, there must be no issue."""
    found = []
    for name in names:
        said = {door: answers[name] for door, answers in doors.items()}
        verdicts = {(one.verdict, one.accepted) for one in said.values()}
        reports = {json.dumps([one.report, one.ess]) for one in said.values() if one.report is not None}
        unkept = any(one.report is None for one in said.values())
        issues = unkept and any(one.report["issues"] for one in said.values() if one.report is not None)
        if len(verdicts) > 1 or len(reports) > 1 or issues:
            found.append((name, said))
    return found


def shares(said: Mapping[str, Said]) -> Counter[str]:
    """Count the verdicts."""
    return Counter(one.verdict for one in said.values())
