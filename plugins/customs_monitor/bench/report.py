"""The bench as a whole: generate, measure each step in a process of its own, report ratios of one run."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from customs_monitor.bench.controls import ControlFigures
from customs_monitor.bench.declarations import generate
from customs_monitor.bench.large_files import ERRORS, SIZE, CheckFigures
from customs_monitor.bench.portal import LoadFigures
from customs_monitor.console import RunConsole
from customs_monitor.scratch import working_folder

#: Great Expectations, on pandas and on DuckDB, is measured up to this many rows: beyond, it takes minutes and many GiB.
_EXPECTATIONS_ROWS = 1_000_000
_STEPS = ("copy", "land", "second reading", "pandas")
#: Targets: landing at half the speed of the bare copy, in 2 GiB, ten times faster than pandas.
_COPY_RATIO, _PEAK_MIB, _PANDAS_RATIO = 0.5, 2048, 10
#: Targets: indicators on 100 million single controls in 30 s of DuckDB and 4 GiB; the scans take minutes beyond 10.
_CONTROLS, _CONTROLS_SECONDS, _CONTROLS_PEAK_MIB = 100_000_000, 30, 4096
_SCANS, _SCANNED = 44, 10_000_000
#: Targets: a verdict on 50,000 rows in 2 s (p95) with 4 senders at once; a file of 1 GB in 60 s and 1 GiB.
_VERDICT_SECONDS, _VERDICT_SENDERS = 2.0, 4
_LARGE_SECONDS, _LARGE_MIB = 60, 1024


@dataclass(frozen=True)
class Figure:
    """One step on one file, in a process of its own: wall and CPU seconds, peak resident memory."""

    step: str
    rows: int
    seconds: float
    cpu_seconds: float
    peak_mib: float
    counts: dict[str, int]


@dataclass(frozen=True)
class Target:
    """A figure to be reached, and whether it was."""

    name: str
    wanted: str
    found: str
    met: bool


def run_bench(rows: Sequence[int], controls: int, portal: bool, folder: Path | None, as_json: bool) -> int:
    """Measure landing, and the indicators on controls, and print a report.

    Args:
        rows: sizes of the files, ascending.
        controls: single controls that the indicators on controls are built from; 0 leaves that out.
        portal: whether to measure the portal, too: senders at once, a large file, a million errors.
        folder: where to put the files; they are kept then. A temporary folder by default.
        as_json: print JSON instead of tables.

    Returns:
        0; a target that is missed is reported, it is no failure of the call.
    """
    console = RunConsole()
    with working_folder() as temporary:
        working = folder or temporary
        working.mkdir(parents=True, exist_ok=True)
        figures: list[Figure] = []
        for count in sorted(rows):
            file = working / f"declarations-{count}.csv"
            if not file.is_file():
                if not as_json:
                    console.say(f"generating {count:,} rows ...")
                # A file that a stopped run has left behind must not pass for a whole one.
                part = file.with_suffix(".part")
                generate(part, count)
                part.replace(file)
            for step in _STEPS:
                if step in ("second reading", "pandas") and count > _EXPECTATIONS_ROWS:
                    continue
                if not as_json:
                    console.say(f"{step}, {count:,} rows, {file.stat().st_size / 1e6:,.0f} MB ...")
                figures.append(_measured(step, count, file))
        built: list[ControlFigures] = []
        for count, scans in ((min(controls, _SCANNED), _SCANS), (controls, 0)) if controls else ():
            if not as_json:
                ways = f"and by {scans} scans" if scans else "from one aggregate"
                console.say(f"indicators on {count:,} controls, {ways} ...")
            built.append(_controls_built(count, scans, working))
        load: list[LoadFigures] = []
        checks: list[CheckFigures] = []
        if portal:
            if not as_json:
                console.say("senders at once, deliveries of 50,000 rows ...")
            load = [LoadFigures(**item) for item in _own_process("portal", working)]
            if not as_json:
                console.say(f"a file of {SIZE / 1e9:g} GB, and one with {ERRORS:,} errors ...")
            checks = [CheckFigures(**item) for item in _own_process("large_files", working, str(SIZE), str(ERRORS))]
    targets = [
        *_targets(figures),
        *(target for item in built for target in _control_targets(item)),
        *_load_targets(load),
        *_check_targets(checks),
    ]
    if as_json:
        found = {
            "figures": [asdict(item) for item in figures],
            "controls": [asdict(item) for item in built],
            "portal": [asdict(item) for item in load],
            "checks": [asdict(item) for item in checks],
            "targets": [asdict(item) for item in targets],
        }
        console.line(json.dumps(found))
        return 0
    _print(console, figures, targets)
    return 0


def _measured(step: str, rows: int, file: Path) -> Figure:
    with tempfile.TemporaryDirectory(dir=file.parent) as scratch:
        done = subprocess.run(
            [sys.executable, "-m", "customs_monitor.bench.steps", step, str(file), str(Path(scratch) / "work")],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return Figure(step=step, rows=rows, **json.loads(done.stdout.splitlines()[-1]))


def _controls_built(rows: int, scans: int, folder: Path) -> ControlFigures:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        done = subprocess.run(
            [sys.executable, "-m", "customs_monitor.bench.controls", str(rows), str(scans), scratch],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return ControlFigures(**json.loads(done.stdout.splitlines()[-1]))


def _own_process(module: str, folder: Path, *arguments: str) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        done = subprocess.run(
            [sys.executable, "-m", f"customs_monitor.bench.{module}", scratch, *arguments],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def _load_targets(load: Sequence[LoadFigures]) -> list[Target]:
    """Return what senders waited for; beyond four at once there is no target, and the figure is told all the same."""
    return [
        Target(
            f"verdict on {item.rows:,} rows, {item.senders} senders at once, {item.deliveries} deliveries, p95",
            f"{_VERDICT_SECONDS:g} s or less" if item.senders <= _VERDICT_SENDERS else "(no target)",
            f"{item.p95:.2f} s (median {item.median:.2f} s, slowest {item.slowest:.2f} s)",
            item.p95 <= _VERDICT_SECONDS or item.senders > _VERDICT_SENDERS,
        )
        for item in load
    ]


def _check_targets(checks: Sequence[CheckFigures]) -> list[Target]:
    targets = []
    for item in checks:
        what = f"{item.what}: {item.size / 1e6:,.0f} MB, {item.rows:,} rows"
        in_time = item.seconds <= _LARGE_SECONDS and item.stopped is None
        targets.append(
            Target(f"{what}, seconds", f"{_LARGE_SECONDS} or less", item.stopped or f"{item.seconds:.1f}", in_time)
        )
        found = f"{item.peak_mib:,.0f} MiB"
        targets.append(
            Target(f"{what}, peak memory", f"{_LARGE_MIB:,} MiB or less", found, item.peak_mib <= _LARGE_MIB)
        )
        if item.verdict == "refused":
            targets.append(
                Target(f"{what}, errors told", f"{item.rows:,}", f"{item.issues:,}", item.issues >= item.rows > 0)
            )
    return targets


def _control_targets(found: ControlFigures) -> list[Target]:
    what = f"indicators on {found.rows:,} controls"
    if found.scans:
        ratio = found.scans_seconds / found.shared_seconds
        return [
            Target(f"{what}, one aggregate against {found.scans} scans", "faster", f"{ratio:.1f} x", ratio > 1),
            Target(f"{what}, tables both ways", "equal", "equal" if found.equal else "different", found.equal),
        ]
    # The targets are for 100 million; less must take less.
    seconds = _CONTROLS_SECONDS * found.rows / _CONTROLS
    return [
        Target(
            f"{what}, seconds of DuckDB",
            f"{seconds:g} or less",
            f"{found.shared_seconds:.1f}",
            found.shared_seconds <= seconds,
        ),
        Target(
            f"{what}, peak memory",
            f"{_CONTROLS_PEAK_MIB:,} MiB or less",
            f"{found.peak_mib:,.0f} MiB",
            found.peak_mib <= _CONTROLS_PEAK_MIB,
        ),
    ]


def _targets(figures: Sequence[Figure]) -> list[Target]:
    found = {(item.step, item.rows): item for item in figures}
    sizes = sorted({item.rows for item in figures})
    targets: list[Target] = []
    for rows in sizes:
        copy, landed = found["copy", rows], found["land", rows]
        ratio = copy.seconds / landed.seconds
        targets.append(
            Target(
                f"landing {rows:,} rows, speed against the bare copy",
                f"{_COPY_RATIO} x or more",
                f"{ratio:.2f} x",
                ratio >= _COPY_RATIO,
            )
        )
        targets.append(
            Target(
                f"landing {rows:,} rows, peak memory",
                f"{_PEAK_MIB:,} MiB or less",
                f"{landed.peak_mib:,.0f} MiB",
                landed.peak_mib <= _PEAK_MIB,
            )
        )
        if pandas := found.get(("pandas", rows)):
            times = pandas.seconds / landed.seconds
            targets.append(
                Target(
                    f"landing {rows:,} rows, speed against Great Expectations on pandas",
                    f"{_PANDAS_RATIO} x or more",
                    f"{times:.1f} x",
                    times >= _PANDAS_RATIO,
                )
            )
        targets += [
            same_verdicts(landed, reading)
            for step in ("second reading", "pandas")
            if (reading := found.get((step, rows))) is not None
        ]
    if len(sizes) > 1:
        small, large = found["land", sizes[0]], found["land", sizes[-1]]
        slope = (large.seconds / small.seconds) / (sizes[-1] / sizes[0])
        targets.append(
            Target(
                f"slope of landing from {sizes[0]:,} to {sizes[-1]:,} rows (1 is linear)",
                "1.2 or less",
                f"{slope:.2f}",
                slope <= 1.2,
            )
        )
    return targets


def same_verdicts(landed: Figure, reading: Figure) -> Target:
    """Compare the counts of every rule; landing names broken rules only, the other reading all it has looked at."""
    rules = landed.counts.keys() | reading.counts.keys()
    differing = sorted(
        rule for rule in rules if rule not in reading.counts or landed.counts.get(rule, 0) != reading.counts[rule]
    )
    return Target(
        f"verdicts of landing and {reading.step} on {reading.rows:,} rows",
        "equal for every rule",
        f"differ for {', '.join(differing)}" if differing else f"equal for {len(rules)} rules",
        not differing,
    )


def _print(console: RunConsole, figures: Sequence[Figure], targets: Sequence[Target]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("step", "rows", "seconds", "CPU seconds", "rows/s", "peak MiB"):
        table.add_column(name, justify="left" if name == "step" else "right")
    for item in figures:
        table.add_row(
            item.step,
            f"{item.rows:,}",
            f"{item.seconds:.2f}",
            f"{item.cpu_seconds:.2f}",
            f"{item.rows / item.seconds:,.0f}",
            f"{item.peak_mib:,.0f}",
        )
    console.line()
    console.console.print(table)
    checks = Table(box=None, pad_edge=False)
    for name in ("target", "wanted", "found", ""):
        checks.add_column(name)
    for target in targets:
        checks.add_row(target.name, target.wanted, target.found, "met" if target.met else "MISSED")
    console.line()
    console.console.print(checks)
