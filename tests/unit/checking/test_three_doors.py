"""One verdict, three doors: the command, the portal's pool and the DAGs' way say the same of spoilt deliveries.

A sample; `make test-rigs` takes a thousand and more, and some through the command and a portal as processes.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from customs_monitor.checking import CheckPool
from customs_monitor.cli import app
from customs_monitor.contracts import Project
from hostile.mutants import FEEDS, mutants
from support.three_doors import by_collecting, by_preflight, differing, of_result, shares, submitted, written

_COUNT = 24
_SEED = 20261129
_BY_COMMAND = 3


def test_three_doors_say_the_same(pool: CheckPool, tmp_path: Path) -> None:
    spoilt = list(mutants(Project.locate().samples, _COUNT, _SEED))
    files = written(spoilt, tmp_path / "inbox")
    futures = submitted(spoilt, files, pool, tmp_path / "pool")
    command, dag = by_preflight(spoilt, files, tmp_path), by_collecting(files, tmp_path)
    portal = {name: of_result(future.result()) for name, future in futures.items()}
    assert not differing(list(files), command=command, portal=portal, dag=dag)
    assert {mutant.feed for mutant in spoilt} == set(FEEDS)
    assert {path.suffix for path in files.values()} == {".csv", ".xlsx"}
    assert len(shares(command)) > 1, "deliveries that are all refused tell nothing of what is accepted"


@pytest.mark.parametrize("number", range(_BY_COMMAND))
def test_the_command_says_the_same(number: int, tmp_path: Path) -> None:
    mutant = list(mutants(Project.locate().samples, _BY_COMMAND, _SEED + 1))[number]
    files = written([mutant], tmp_path)
    said = by_preflight([mutant], files, tmp_path)[mutant.name]
    answer = CliRunner().invoke(app, ["check", str(files[mutant.name]), "--feed", mutant.feed, "--format", "json"])
    assert json.loads(answer.stdout) == said.report
    assert answer.exit_code == (1 if said.verdict == "refused" else 0)
