"""The command line: every command explains itself, and exit codes tell whose fault it is."""

from __future__ import annotations

import json
import shutil
import socket
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from customs_monitor import cli
from customs_monitor.contracts import Project

RATES = "Date,USD,JPY,\n2023-12-29,1.105,156.33,\n2023-12-28,1.1114,157.07,\n"
RUNNER = CliRunner()


def commands() -> list[list[str]]:
    root = typer.main.get_command(cli.app)
    found: list[list[str]] = [[]]
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        found += [[name, *rest] for rest in [[], *([part] for part in getattr(command, "commands", {}))]]
    return found


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CUSTOMS_MONITOR_STORE", (tmp_path / "store").as_uri())
    return tmp_path / "store"


@pytest.fixture
def rates(tmp_path: Path) -> Path:
    path = tmp_path / "rates.csv"
    path.write_text(RATES, encoding="utf-8")
    return path


@pytest.mark.parametrize("command", commands(), ids=lambda command: " ".join(command) or "customs-monitor")
def test_every_command_explains_itself(command: list[str]) -> None:
    result = RUNNER.invoke(cli.app, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "--inbox", "/nowhere"], "the inbox /nowhere is no folder"),
        (["run", "--inbox", "ftp://host/x"], "ftp://host/x is no inbox"),
        (["indicators", "--store", "ftp://host/x"], "ftp://host/x is no store"),
        (["show", "o99-1"], "nothing was published"),
        (["verify"], "nothing was published"),
        (["verify", "never"], "never"),
        (["diff", "a", "b"], "customs-monitor releases"),
        (["rejudge", "nothing"], "there is no feed nothing"),
        (["rejudge", "exchange_rates", "--sender", "ECB"], "no delivery of exchange_rates ECB has a judgement"),
        (["explain", "o4-3", "--period", "2018-2020", "--area", "EL", "--where", "MEASURE"], "like MEASURE=MEAN"),
        (["check", "/nowhere.csv", "--feed", "rasff"], "does not exist"),
        (["check", "{rates}", "--feed", "nofeed"], "there is no feed nofeed"),
        (["check", "{rates}", "--feed", "exchange_rates", "--period", "last year"], "'last year' is no period"),
        (["check", "{rates}", "--feed", "exchange_rates", "--sender", "the ECB"], "'the ECB' is no sender"),
        (["new", "feed", "Not An Id"], "is no id of a feed"),
        (["new", "indicator", "o99-1"], "is no indicator"),
        (["nonsense"], "nonsense"),
        ([], "Usage"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_call_is_told_what_is_wrong_and_ends_with_2(
    arguments: list[str], told: str, store: Path, rates: Path
) -> None:
    result = RUNNER.invoke(cli.app, [argument.format(rates=rates) for argument in arguments])
    assert (result.exit_code, told in result.output.replace("\n", " ")) == (2, True), result.output
    assert not store.exists()


def test_a_delivery_that_would_be_accepted_ends_with_0_and_one_that_would_be_refused_with_1(rates: Path) -> None:
    good = RUNNER.invoke(cli.app, ["check", str(rates), "--feed", "exchange_rates", "--format", "json"])
    assert good.exit_code == 0
    assert json.loads(good.stdout)["verdict"] == "accepted"
    rates.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    bad = RUNNER.invoke(cli.app, ["check", str(rates), "--feed", "exchange_rates", "--format", "json"])
    assert bad.exit_code == 1
    assert json.loads(bad.stdout)["verdict"] == "refused"


def test_contracts_that_are_wrong_are_the_platform_s_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = Project.locate()
    shutil.copytree(ours.expectations, tmp_path / "expectations")
    (tmp_path / "dbt_project" / "seeds").mkdir(parents=True)
    (tmp_path / "dbt_project" / "seeds" / "codelists").symlink_to(ours.codelists)
    contract = tmp_path / "expectations" / "feeds" / "rasff.yml"
    contract.write_text("colour: red\n" + contract.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setenv("CUSTOMS_MONITOR_HOME", str(tmp_path))
    result = RUNNER.invoke(cli.app, ["feeds"])
    assert result.exit_code == 3
    assert "feeds/rasff.yml:1: colour" in result.output


def test_what_nobody_foresaw_ends_with_3_and_says_how_to_see_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli, "load_registry", full)
    monkeypatch.delenv("CUSTOMS_MONITOR_TRACE", raising=False)
    monkeypatch.setattr(sys, "argv", ["customs-monitor", "feeds"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 3
    assert "No space left on device\nSet CUSTOMS_MONITOR_TRACE=1" in capsys.readouterr().err


def test_a_port_that_is_taken_is_told(store: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = RUNNER.invoke(cli.app, ["serve", "--port", str(taken.getsockname()[1])])
    assert result.exit_code == 2
    assert "is not free" in result.output
    assert "--port" in result.output


def test_releases_of_an_empty_store_are_none(store: Path) -> None:
    result = RUNNER.invoke(cli.app, ["releases"])
    assert result.exit_code == 0
    assert "Nothing is published yet" in result.output
    assert json.loads(RUNNER.invoke(cli.app, ["releases", "--json"]).stdout) == []
