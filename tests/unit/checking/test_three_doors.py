"""One verdict, three doors: the command, the portal's pool and the DAG's way say the same of spoilt deliveries.

`make test` takes a part of the mutants; `CUSTOMS_MONITOR_MUTANTS=1000` takes as many as it says.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from customs_monitor.checking import CheckPool
from customs_monitor.cli import app
from customs_monitor.collection.inbox import Inbox, look_through
from customs_monitor.collection.judging import judge_waiting
from customs_monitor.collection.landing import land, receipts
from customs_monitor.collection.preflight import Preflight, preflight
from customs_monitor.collection.records import JudgementRecord, Receipt
from customs_monitor.contracts import Project, Registry
from customs_storage import open_store
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout
from hostile.mutants import FEEDS, Mutant, mutants

_COUNT = int(os.environ.get("CUSTOMS_MONITOR_MUTANTS", "48"))
_SEED = 20261129
_BY_COMMAND = 3
_RECEIVED = datetime(2026, 11, 29, 9, tzinfo=UTC)


@dataclass(frozen=True)
class _Said:
    """What a door says of a file: the verdict, and the reports that it writes for programs."""

    verdict: str
    report: Any
    ess: Any
    accepted: str | None


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


@pytest.mark.parametrize("feed", FEEDS)
def test_three_doors_say_the_same(feed: str, registry: Registry, pool: CheckPool, tmp_path: Path) -> None:
    own = [mutant for mutant in mutants(Project.locate().samples, _COUNT, _SEED) if mutant.feed == feed]
    inbox = tmp_path / "inbox" / feed
    inbox.mkdir(parents=True)
    for mutant in own:
        (inbox / mutant.name).write_bytes(mutant.content)
    futures = {}
    for mutant in own:
        scratch = tmp_path / "pool" / mutant.name
        scratch.mkdir(parents=True)
        futures[mutant.name] = pool.submit(inbox / mutant.name, feed, scratch, received_at=_RECEIVED)
    by_preflight = {mutant.name: _by_preflight(mutant, inbox, registry, tmp_path / "preflight") for mutant in own}
    by_dag = _by_dag(feed, registry, tmp_path)
    differing = []
    for mutant in own:
        result = futures[mutant.name].result()
        reports = {path.name: path for path in result.reports}
        by_pool = _Said(
            result.verdict, _read(reports["report.json"]), _read(reports["report.ess.json"]), result.accepted_sha256
        )
        said = {"preflight": by_preflight[mutant.name], "pool": by_pool, "dag": by_dag[mutant.name]}
        if by_dag[mutant.name].report is None:
            # The DAG keeps reports of deliveries that have issues.
            assert not by_pool.report["issues"]
            said["dag"] = replace(said["dag"], report=by_pool.report, ess=by_pool.ess)
        if len({repr(one) for one in said.values()}) > 1:
            differing.append((mutant.name, said))
    assert not differing
    verdicts = Counter(one.verdict for one in by_preflight.values())
    assert verdicts["refused"], verdicts
    assert len(verdicts) > 1, "deliveries that are all refused tell nothing of what is accepted"


@pytest.mark.parametrize("number", range(_BY_COMMAND))
def test_the_command_says_the_same(number: int, registry: Registry, tmp_path: Path) -> None:
    mutant = list(mutants(Project.locate().samples, _BY_COMMAND, _SEED + 1))[number]
    file = tmp_path / mutant.name
    file.write_bytes(mutant.content)
    answer = CliRunner().invoke(app, ["check", str(file), "--feed", mutant.feed, "--format", "json"])
    said = _by_preflight(mutant, tmp_path, registry, tmp_path / "preflight")
    assert json.loads(answer.stdout) == said.report
    assert answer.exit_code == (1 if said.verdict == "refused" else 0)


def _by_preflight(mutant: Mutant, inbox: Path, registry: Registry, folder: Path) -> _Said:
    scratch = folder / mutant.name
    scratch.mkdir(parents=True)
    found: Preflight = preflight(
        inbox / mutant.name, registry.feeds[mutant.feed], registry, scratch, received_at=_RECEIVED
    )
    reports = {path.name: path for path in found.write(scratch / "reports")}
    accepted = found.judgement.accepted
    return _Said(
        found.judgement.verdict,
        _read(reports["report.json"]),
        _read(reports["report.ess.json"]),
        None if accepted is None else sha256_of(accepted),
    )


def _by_dag(feed: str, registry: Registry, folder: Path) -> dict[str, _Said]:
    """Land and judge all files, those of the same sender and period in stores of their own: none is compared."""
    layout = Layout.load()
    found = look_through([Inbox.open(str(folder / "inbox"))], registry, folder, only=feed)
    assert not found.unclaimed
    rounds: list[set[tuple[str, str]]] = []
    stores = []
    said: dict[str, _Said] = {}
    for file, claim in found.claimed[feed]:
        trial = open_store((folder / "trial" / file.path.name).as_uri())
        receipt = land(trial, layout, registry, file, claim, now=lambda: _RECEIVED).receipt
        place = (receipt.period, receipt.sender)
        number = next((number for number, taken in enumerate(rounds) if place not in taken), len(rounds))
        if number == len(rounds):
            rounds.append(set())
            stores.append(open_store((folder / f"store-{number}").as_uri()))
        rounds[number].add(place)
        land(stores[number], layout, registry, file, claim, now=lambda: _RECEIVED)
    for number, store in enumerate(stores):
        scratch = folder / f"scratch-{number}"
        scratch.mkdir()
        judge_waiting(store, layout, registry, feed, f"run-{number}", scratch)
        for receipt in receipts(store, layout, feed=feed):
            said[receipt.file] = _of_store(store, layout, receipt)
    return said


def _of_store(store: Any, layout: Layout, receipt: Receipt) -> _Said:
    place = {
        "feed": receipt.feed,
        "period": receipt.period,
        "sender": receipt.sender,
        "delivery_id": receipt.delivery_id,
    }
    record = JudgementRecord.read(store, layout.key("judgement", **place))
    report, ess = (
        json.loads(store.get(key)) if store.head(key) is not None else None
        for key in (layout.key("rejected", **place, name=name) for name in ("report.json", "report.ess.json"))
    )
    return _Said(record.verdict, report, ess, record.accepted_sha256)


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
