"""The gate: what is read back from the store is what may be published, or nothing is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from customs_monitor.contracts import Registry
from customs_monitor.release import checks
from customs_monitor.release.catalogue import CATALOGUE, catalogue
from customs_monitor.release.contents import Contents
from customs_monitor.release.errors import GateFailed
from customs_monitor.release.parity import format_parity
from customs_monitor.release.records import AREAS, Candidate, Draft, GateReport
from customs_monitor.release.steps import recorded
from customs_monitor.release.structure_check import structures
from customs_storage import ObjectStore
from customs_storage.layout import Layout
from customs_storage.manifest import GateVerdict, verify

#: Reasons told per check; the rest is counted.
_REASONS_TOLD = 20


def gate(store: ObjectStore, layout: Layout, registry: Registry, candidate: Candidate, scratch: Path) -> GateReport:
    """Read a candidate back and judge it.

    Args:
        store: where it is.
        layout: the keys of the store.
        registry: the contracts, for the codelists.
        candidate: what `prepare` has written.
        scratch: an empty folder of the caller, who removes it.

    Returns:
        A verdict per check, none of them failed.

    Raises:
        GateFailed: with all reasons of all checks. Coverage is never one: it flags.
        StoreError: if the store fails.
    """
    with recorded(store, layout, candidate.run_id, "gate") as step:
        step.release_id = candidate.release_id
        draft = Draft.of(store, candidate)
        with step.timed("files"):
            problems = [
                f"{problem.key}: {problem.kind}: {problem.detail}"
                for area in AREAS
                if (manifest := draft.of_area(area)) is not None
                for problem in verify(store, manifest, area=area)
            ]
        verdicts = [_verdict("files", problems, f"{candidate.files} files are as they were written")]
        if not problems:
            reading = _read_back(store, layout, candidate, draft, scratch)
            for check in _CHECKS:
                with step.timed(check.name):
                    found = list(check.run(reading, registry))
                verdicts.append(_verdict(check.name, found, check.passed, flags=check.flags))
        step.verdicts = tuple(verdicts)
        if failed := [f"{item.check}: {item.detail}" for item in verdicts if item.verdict == "failed"]:
            raise GateFailed(candidate.release_id, failed)
        step.result = "passed"
        return GateReport(
            release_id=candidate.release_id, draft_sha256=candidate.draft_sha256, verdicts=tuple(verdicts)
        )


@dataclass(frozen=True)
class _Check:
    """A check of the data: `flags` says that what it finds is told and stops nothing."""

    name: str
    run: Callable[[checks.Reading, Registry], Iterator[str]]
    passed: str
    flags: bool = False


_CHECKS = (
    _Check("columns", checks.columns, "every table has its columns, and every cell a value or a status that says why"),
    _Check("parity", checks.parity, "CSV has the same cells as Parquet"),
    _Check("format parity", format_parity, "all other formats have the same cells as Parquet"),
    _Check("structures", structures, "the SDMX structures describe every public indicator"),
    _Check("catalogue", catalogue, "the catalogue lists every public data file as it is"),
    _Check("data tests", checks.data_tests, "all data tests passed"),
    _Check("data test warnings", checks.data_test_warnings, "no data test warns", flags=True),
    _Check("disclosure", checks.disclosure, "nothing confidential is in the public files"),
    _Check("pages", checks.pages, "the site has a page for every indicator"),
    _Check("coverage", checks.coverage, "every figure rests on as many senders as its threshold asks for", flags=True),
)


def _verdict(check: str, found: list[str], passed: str, *, flags: bool = False) -> GateVerdict:
    if not found:
        return GateVerdict(check=check, verdict="passed", detail=passed)
    more = f"; and {len(found) - _REASONS_TOLD} more" if len(found) > _REASONS_TOLD else ""
    return GateVerdict(
        check=check, verdict="warned" if flags else "failed", detail="; ".join(found[:_REASONS_TOLD]) + more
    )


def _read_back(store: ObjectStore, layout: Layout, candidate: Candidate, draft: Draft, scratch: Path) -> checks.Reading:
    """Copy the data files of the candidate from the store; what the builder left on disk is not looked at."""
    for area in AREAS:
        manifest = draft.of_area(area)
        for file in manifest.files if manifest else ():
            if file.path == CATALOGUE or file.path.startswith(("indicators/", "marts/", "structure/")):
                target = scratch / area / file.path
                target.parent.mkdir(parents=True, exist_ok=True)
                store.download(layout.key(area, release_id=candidate.release_id, path=file.path), target)
    return checks.Reading(
        contents=Contents.of(store, layout, candidate.release_id),
        public=scratch / "release_file",
        restricted=scratch / "restricted_file",
        pages=frozenset(file.path for file in draft.public.files if file.path.endswith(".html")),
    )
