"""The client of machine senders: goes on after breaks, waits, and says by its exit code whose fault it is."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from customs_monitor import cli
from customs_monitor.client import command
from customs_monitor.client import portal as client_module
from customs_monitor.client.portal import PortalClient, PortalError
from customs_monitor.portal.jobs import Jobs
from support.portal import URL, Portal
from support.uploading import FEED, statistics


class Shaky(httpx.BaseTransport):
    """A connection to the portal that breaks when it is told to, before or after the portal has heard."""

    def __init__(self, portal: Portal) -> None:
        self._inner = portal.anybody()._transport
        self.breaks: list[str] = []
        self.calls: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(f"{request.method} {request.url.path.rpartition('/')[2]}")
        what = self.breaks.pop(0) if self.breaks and request.method == "PATCH" else ""
        if what == "before":
            raise httpx.ConnectError("broken")
        answer = self._inner.handle_request(request)
        if what == "after":
            raise httpx.ReadError("broken")
        return answer


@pytest.fixture(name="shaky")
def shaky_fixture(portal: Portal) -> Shaky:
    return Shaky(portal)


@pytest.fixture(name="token")
def token_fixture(machine) -> str:
    return str(machine().headers["Authorization"].removeprefix("Bearer "))


@pytest.fixture(name="connect")
def connect_fixture(shaky: Shaky, jobs: Jobs):
    """Connections whose pauses are spent on the portal's work."""
    return partial(PortalClient, transport=shaky, pause=lambda _: jobs.sweep())


@pytest.fixture(name="file")
def file_fixture(tmp_path: Path) -> Path:
    file = tmp_path / "Q3.csv"
    file.write_bytes(statistics())
    return file


def test_a_broken_connection_costs_a_part_and_no_more(
    monkeypatch: pytest.MonkeyPatch, connect, shaky: Shaky, token: str, file: Path
) -> None:
    monkeypatch.setattr(client_module, "PART", 50)
    shaky.breaks = ["", "before", "after", "", "after"]
    with connect(URL, token) as client:
        upload = client.upload(file, FEED)
        assert client.wait(upload["upload_id"])["verdict"]["verdict"] == "accepted"
        again = client.upload(file, FEED)
        assert again["upload_id"] == upload["upload_id"]
        assert client.upload(file, FEED, again="again")["upload_id"] != upload["upload_id"]


def test_a_connection_that_stays_broken_is_told(connect, shaky: Shaky, token: str, file: Path) -> None:
    shaky.breaks = ["before"] * 20
    with connect(URL, token) as client, pytest.raises(PortalError, match="does not answer: ConnectError"):
        client.upload(file, FEED)


@pytest.fixture(name="call")
def call_fixture(monkeypatch: pytest.MonkeyPatch, connect, token: str):
    monkeypatch.setattr(command, "PortalClient", connect)
    monkeypatch.setenv(command.TOKEN_VARIABLE, token)
    monkeypatch.setenv(command.URL_VARIABLE, URL)
    return lambda *arguments: CliRunner().invoke(cli.app, ["send", *map(str, arguments)])


def test_the_command_sends_and_tells_the_verdict(call, file: Path) -> None:
    told = call(file, "--collection", FEED)
    assert (told.exit_code, told.stdout.splitlines()[0]) == (0, "Q3.csv: ACCEPTED, sent")
    upload = json.loads(call(file, "--collection", FEED, "--json").stdout)
    assert (upload["state"], upload["delivery"]["version"]) == ("sent", 1)


def test_a_refused_file_is_the_datas_fault(call, file: Path, tmp_path: Path) -> None:
    file.write_bytes(statistics().replace(b"ENTRY", b"SIDEWAYS"))
    told = call(file, "--collection", FEED, "--check", "--out", tmp_path / "out")
    assert told.exit_code == 1
    assert "ERROR line 2: movement SIDEWAYS is not a code" in told.stdout
    assert sorted(path.name for path in (tmp_path / "out").glob("*/*")) == [
        "report.ess.json",
        "report.html",
        "report.json",
    ]


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["--collection", FEED], {command.URL_VARIABLE: ""}, "name the portal"),
        (["--collection", FEED], {command.TOKEN_VARIABLE: ""}, "give the token"),
        (["--collection", "nothing"], {}, "There is nothing here"),
        (["--collection", FEED, "--period", "soon"], {}, "no period"),
        (["--collection", FEED], {command.TOKEN_VARIABLE: "cmt_wrong"}, "Sign in, or send a valid token"),
    ],
)
def test_a_wrong_call_is_the_callers_fault(
    monkeypatch: pytest.MonkeyPatch, call, file: Path, arguments: list[str], environment: dict[str, str], said: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    told = call(file, *arguments)
    assert (told.exit_code, said in told.stderr) == (2, True), told.stderr


def test_a_portal_that_is_away_is_the_platforms_fault(call, shaky: Shaky, file: Path) -> None:
    shaky.breaks = ["before"] * 20
    told = call(file, "--collection", FEED)
    assert (told.exit_code, "does not answer" in told.stderr) == (3, True)


def test_no_token_is_told(call, token: str, file: Path) -> None:
    told = call(file, "--collection", FEED)
    assert token not in told.output
