"""Questions about content beside what a store holds, by function and by command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from customs_monitor import cli
from customs_monitor.collection.content import questions_about
from customs_monitor.collection.preflight import preflight
from customs_monitor.collection.records import Place
from support.collection import Collection

HEADER = (
    "reference_period,member_state,movement,crc_code,high_interest_country,automated_hits,hits_after_assessment,"
    "controls,positive_results\n"
)
QUARTERS = ["2024-Q4", "2025-Q1", "2025-Q2", "2025-Q3"]


def returned(period: str, hits: int, sender: str = "EL") -> str:
    return f"{HEADER}{period},{sender},ENTRY,CRC01,_Z,{hits},{hits // 2},{hits // 4},{hits // 40}\n"


@pytest.fixture
def history(collection: Collection) -> Collection:
    for period in QUARTERS:
        collection.deliver(f"crc_statistics/EL-{period}.csv", returned(period, 1_000))
    collection.run("crc_statistics")
    return collection


def test_a_file_is_asked_before_it_is_sent_what_its_delivery_is_asked_after(history: Collection) -> None:
    place = Place("crc_statistics", "2025-Q4", "EL")
    file = history.deliver("crc_statistics/EL-2025-Q4.csv", returned("2025-Q4", 20_000))
    contract = history.registry.feeds["crc_statistics"]
    rows = preflight(file, contract, history.registry, history.scratch / "check").judgement.accepted
    before = questions_about(history.store, history.layout, history.registry, place, history.scratch, rows)
    assert {question.rule for question in before} >= {"hits_unusual_for_sender", "criterion_unusual_for_sender"}
    assert questions_about(history.store, history.layout, history.registry, place, history.scratch) == []
    _, judged = history.run("crc_statistics")
    # The questions are no part of the verdict.
    assert [delivery.verdict for delivery in judged.deliveries] == ["accepted"]
    assert questions_about(history.store, history.layout, history.registry, place, history.scratch) == before


def test_another_sender_has_no_history_here(history: Collection) -> None:
    history.deliver("crc_statistics/FR-2025-Q4.csv", returned("2025-Q4", 20_000, "FR"))
    history.run("crc_statistics")
    place = Place("crc_statistics", "2025-Q4", "FR")
    assert questions_about(history.store, history.layout, history.registry, place, history.scratch) == []


def test_what_is_made_up_measures_nothing_that_is_real(history: Collection) -> None:
    history.deliver("crc_statistics/EL-2025-Q4.csv", returned("2025-Q4", 20_000))
    _, judged = history.run("crc_statistics")
    place = Place("crc_statistics", "2025-Q4", "EL")
    rows = history.store.local_path(
        history.layout.key("accepted", **place.fields, delivery_id=judged.deliveries[0].delivery_id)
    )
    assert (
        questions_about(history.store, history.layout, history.registry, place, history.scratch, rows, synthetic=True)
        == []
    )


def test_the_command_asks_about_a_file(history: Collection, tmp_path: Path) -> None:
    file = tmp_path / "EL.csv"
    file.write_text(returned("2025-Q4", 20_000))
    call = ["questions", "crc_statistics", "--file", str(file), "--store", history.store.url]
    told = CliRunner().invoke(cli.app, call)
    assert told.exit_code == 0
    assert "WARNING HITS_UNUSUAL_FOR_SENDER (movement=ENTRY): 20,000 automated hits (ENTRY)" in told.stdout
    listed = json.loads(CliRunner().invoke(cli.app, [*call, "--json"]).stdout)
    assert listed[0]["rule"] == "hits_unusual_for_sender"
    assert listed[0]["value"] == 20_000


def test_the_command_says_what_it_needs(history: Collection, tmp_path: Path) -> None:
    told = CliRunner().invoke(cli.app, ["questions", "crc_statistics", "--store", history.store.url])
    assert (told.exit_code, "--sender and --period" in told.stderr) == (2, True)
    bad = tmp_path / "bad.csv"
    bad.write_text(returned("2025-Q4", 10).replace("CRC01", "NONE"))
    told = CliRunner().invoke(
        cli.app, ["questions", "crc_statistics", "--file", str(bad), "--store", history.store.url]
    )
    assert (told.exit_code, "would be refused" in told.stderr) == (1, True)
    nobody = ["questions", "crc_statistics", "--sender", "MT", "--period", "2025-Q4", "--store", history.store.url]
    assert "no questions about crc_statistics of MT for 2025-Q4" in CliRunner().invoke(cli.app, nobody).stdout
