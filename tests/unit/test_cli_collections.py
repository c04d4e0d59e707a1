"""The commands around the calendar: what they print, and that asking changes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from icalendar import Calendar
from typer.testing import CliRunner, Result

from customs_monitor import cli
from customs_monitor.portal.auth.accounts import Accounts
from customs_monitor.portal.auth.roles import Role
from customs_storage import ObjectStore, open_store
from support.deliveries import LAYOUT, delivered

RUNNER = CliRunner()
FEED, PERIOD = "crc_statistics", "2026-Q2"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    address = (tmp_path / "store").as_uri()
    monkeypatch.setenv("CUSTOMS_MONITOR_STORE", address)
    monkeypatch.delenv("CUSTOMS_MONITOR_SMTP_HOST", raising=False)
    made = open_store(address)
    delivered(made, FEED, PERIOD, "AT", datetime(2026, 8, 1, tzinfo=UTC))
    delivered(made, FEED, PERIOD, "BE", datetime(2026, 8, 20, tzinfo=UTC))
    return made


def called(*arguments: str) -> Result:
    return RUNNER.invoke(cli.app, list(arguments))


def test_the_clock_closes_once_and_a_dry_run_closes_nothing(store: ObjectStore) -> None:
    at = ("--at", "2026-08-15T00:00")
    dry = called("clock", *at, "--dry-run", "--json")
    assert {item["feed"] for item in json.loads(dry.stdout)} >= {"crc_statistics", "control_statistics"}
    assert list(store.list(LAYOUT.prefix("closing"))) == []

    first, second = called("clock", *at), called("clock", *at)

    assert "crc_statistics 2026-Q2: closed on 2026-08-14 at the deadline (2026-08-14) without BG, CY" in first.stdout
    assert second.stdout.startswith("Nothing to close")
    assert (first.exit_code, second.exit_code) == (0, 0)


def test_a_minute_before_the_deadline_in_brussels_the_clock_waits(store: ObjectStore) -> None:
    told = json.loads(called("clock", "--at", "2026-08-14T23:59", "--json").stdout)
    assert "crc_statistics" not in {item["feed"] for item in told}


def test_punctuality_is_added_up_per_sender_and_told_by_period(store: ObjectStore) -> None:
    at = ("--at", "2026-08-21T12:00", "--feed", FEED)
    told = json.loads(called("punctuality", *at, "--json").stdout)

    assert {item["sender"]: (item["on_time"], item["late"], item["missing"]) for item in told["senders"][:3]} == {
        "AT": (1, 0, 0),
        "BE": (0, 1, 0),
        "BG": (0, 0, 1),
    }
    assert len(told["periods"]) == 27
    assert "6.0" in next(line for line in called("punctuality", *at).stdout.splitlines() if " BE " in line)


def test_reminders_without_a_mail_server_say_so_and_keep_the_addresses_to_themselves(store: ObjectStore) -> None:
    accounts = Accounts(store, LAYOUT, lambda: datetime(2026, 7, 1, tzinfo=UTC))
    maltese = {"by": "root", "sender": "MT", "role": Role.sender, "language": "fr"}
    accounts.add("maria", email="maria@mt.example", **maltese)
    accounts.add("other", email="other@mt.example", collections=frozenset({"control_statistics"}), **maltese)
    accounts.add("gone", email="gone@mt.example", disabled=True, **maltese)
    accounts.add("mute", **maltese)

    told = called("remind", "--at", "2026-08-14T08:00").stdout

    assert "crc_statistics 2026-Q2 MT: t-0 no mail server (1 recipient)" in told
    assert "control_statistics 2026-Q2 MT: t-0 no mail server (2 recipients)" in told
    assert "crc_statistics 2026-Q2 AT" not in told
    assert "@" not in told


def test_deadlines_of_a_sender_are_a_calendar_file(store: ObjectStore, tmp_path: Path) -> None:
    target = tmp_path / "mt.ics"
    done = called("calendar", "--sender", "MT", "--at", "2026-11-01", "--out", str(target))
    assert done.exit_code == 0
    assert Calendar.from_ical(target.read_bytes()).walk("VEVENT")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("clock", "--at", "yesterday"), "'yesterday' is no time"),
        (("punctuality", "--feed", "comext_trade"), "comext_trade is no collection"),
    ],
)
def test_a_wrong_call_ends_with_2(store: ObjectStore, arguments: tuple[str, ...], told: str) -> None:
    done = called(*arguments)
    assert done.exit_code == 2
    assert told in done.stderr


def test_a_mail_server_that_is_named_wrongly_is_told(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTOMS_MONITOR_SMTP_HOST", "mail.example")
    done = called("remind")
    assert done.exit_code == 2
    assert "CUSTOMS_MONITOR_SMTP_FROM" in done.stderr
