"""One verdict, three doors: a thousand spoilt deliveries; thirty through the command and a portal as processes."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from customs_monitor.bench.portal import portal_running, tokens_for
from customs_monitor.checking import CheckPool
from customs_monitor.client.portal import PortalClient
from customs_monitor.contracts import Project
from hostile.mutants import FEEDS, Mutant, mutants
from support.command import CUSTOMS_MONITOR
from support.three_doors import (
    by_collecting,
    by_preflight,
    differing,
    in_processes,
    of_files,
    of_result,
    shares,
    submitted,
    timeless,
    written,
)

pytestmark = [pytest.mark.rig, pytest.mark.timeout(1800)]

_COUNT = 1_000
_BY_PROCESSES = 30
_SEED = 1_000_003


def test_a_thousand_files_have_one_verdict_each(tmp_path: Path) -> None:
    spoilt = list(mutants(Project.locate().samples, _COUNT, _SEED))
    files = written(spoilt, tmp_path / "inbox")
    # The pool has processes of its own: all three doors are busy at once.
    with CheckPool(workers=1) as pool:
        futures = submitted(spoilt, files, pool, tmp_path / "pool")
        command, dag = in_processes(
            partial(by_preflight, spoilt, files, tmp_path), partial(by_collecting, files, tmp_path)
        )
        portal = {name: of_result(future.result()) for name, future in futures.items()}
    assert not differing(list(files), command=command, portal=portal, dag=dag)
    for feed in FEEDS:
        found = shares({mutant.name: command[mutant.name] for mutant in spoilt if mutant.feed == feed})
        assert min(found["refused"], found["accepted"]) > 10, (feed, found)


def test_the_command_and_a_portal_that_is_served_say_the_same(tmp_path: Path) -> None:
    spoilt = [mutant for mutant in mutants(Project.locate().samples, 2 * _BY_PROCESSES, _SEED + 1) if mutant.content]
    spoilt = spoilt[:_BY_PROCESSES]
    files = written(spoilt, tmp_path / "files")
    tokens = tokens_for(tmp_path / "store", sorted({mutant.sender for mutant in spoilt}))
    with portal_running(tmp_path) as url, ThreadPoolExecutor(2) as crew:
        by_command = crew.map(lambda mutant: _by_command(mutant, files[mutant.name], tmp_path / "out"), spoilt)
        by_portal = crew.map(lambda mutant: _by_portal(mutant, files[mutant.name], url, tokens[mutant.sender]), spoilt)
        said = {mutant.name: pair for mutant, *pair in zip(spoilt, by_command, by_portal, strict=True)}
    assert len(said) == _BY_PROCESSES
    assert [name for name, (command, portal) in said.items() if command != portal] == []
    assert {command[0]["verdict"] for command, _ in said.values()} > {"refused", "accepted"}


def _by_command(mutant: Mutant, file: Path, folder: Path) -> tuple[object, object]:
    out = folder / mutant.name
    done = subprocess.run(
        [
            *(*CUSTOMS_MONITOR, "check", str(file), "--feed", mutant.feed, "--sender", mutant.sender),
            *("--format", "json", "--out", str(out)),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    report, ess = of_files(out / "report.json", out / "report.ess.json")
    assert json.loads(done.stdout) == report
    assert done.returncode == (1 if report["verdict"] == "refused" else 0), done.stderr
    return report, ess


def _by_portal(mutant: Mutant, file: Path, url: str, token: str) -> tuple[object, object]:
    with PortalClient(url, token) as client:
        upload = client.wait(client.upload(file, mutant.feed)["upload_id"])
        report, ess = (
            json.loads(client.report(upload["upload_id"], name)) for name in ("report.json", "report.ess.json")
        )
    assert upload["verdict"]["verdict"] == report["verdict"]
    return report, timeless(ess)
