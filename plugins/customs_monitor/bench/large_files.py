"""Large and wrong files, judged as the portal judges them: in a process with bounds, without a network.

`python -m customs_monitor.bench.large_files FOLDER BYTES ERRORS` prints the figures as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from customs_monitor.bench.combination_statistics import FEED as COMBINATIONS
from customs_monitor.bench.combination_statistics import write_combinations
from customs_monitor.bench.declarations import FEED, bench_registry, generate
from customs_monitor.checking.pool import CheckPool
from customs_monitor.contracts import Project, Registry

#: Bytes of the large file, and rows of the file in which every row has an error.
SIZE, ERRORS = 1_000_000_000, 1_000_000
_SAMPLE = 10_000


@dataclass(frozen=True)
class CheckFigures:
    """One file: what it took, and what was found; the memory is that of all processes of the check."""

    what: str
    size: int
    rows: int
    seconds: float
    cpu_seconds: float
    peak_mib: float
    verdict: str
    stopped: str | None
    issues: int


def large(folder: Path, size: int) -> CheckFigures:
    """Judge a wide declaration file of about as many bytes, every rule of its contract on."""
    sample = folder / "sample.csv"
    generate(sample, _SAMPLE)
    rows = size * _SAMPLE // sample.stat().st_size
    file = folder / "declarations.csv"
    generate(file, rows)
    project = bench_registry(Project.locate(), folder / "project").project
    return _judged("a large file", file, FEED, folder / "large", project)


def wrong(folder: Path, errors: int) -> CheckFigures:
    """Judge a delivery in which every row has one error, and every one must be told."""
    file = folder / "wrong.csv"
    # More hits remain after assessment than there were.
    write_combinations(file, Registry.load(), "DE", errors, lambda number: (number % 100, 1000))
    return _judged("an error in every row", file, COMBINATIONS, folder / "wrong", Project.locate())


def _judged(what: str, file: Path, feed: str, scratch: Path, project: Project) -> CheckFigures:
    scratch.mkdir()
    with CheckPool(1, project=project) as pool:
        found = pool.check(file, feed, scratch)
    return CheckFigures(
        what=what,
        size=file.stat().st_size,
        rows=found.rows_read,
        seconds=found.cost.wall_seconds,
        cpu_seconds=found.cost.cpu_seconds,
        peak_mib=found.cost.peak_memory / 2**20,
        verdict=found.verdict,
        stopped=found.stopped,
        issues=sum(issue.count for issue in found.issue_counts),
    )


if __name__ == "__main__":
    _, place, size, errors = sys.argv
    figures = [large(Path(place), int(size)), wrong(Path(place), int(errors))]
    sys.stdout.write(json.dumps([asdict(item) for item in figures]) + "\n")
