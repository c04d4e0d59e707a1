"""`customs-monitor user` and `token`: passwords come from a prompt or standard input, never from an argument."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from customs_monitor import cli
from customs_monitor.portal.audit import AuditTrail
from customs_monitor.portal.auth.accounts import Accounts
from customs_monitor.portal.auth.tokens import Tokens
from customs_storage import ObjectStore, open_store
from customs_storage.layout import Layout

PASSWORD = "correct horse battery"
RUNNER = CliRunner()


@pytest.fixture(name="store")
def store_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    monkeypatch.setenv("CUSTOMS_MONITOR_STORE", (tmp_path / "store").as_uri())
    return open_store((tmp_path / "store").as_uri())


def now() -> datetime:
    return datetime.now(UTC)


def accounts(store: ObjectStore) -> Accounts:
    return Accounts(store, Layout.load(), now)


def run(*arguments: str, given: str = "") -> Result:
    return RUNNER.invoke(cli.app, list(arguments), input=given)


def add(name: str = "maria", *more: str) -> Result:
    options = more or ("--role", "sender", "--sender", "el")
    return run("user", "add", name, *options, "--password-stdin", given=f"{PASSWORD}\n")


def test_an_account_is_made_changed_and_disabled(store: ObjectStore) -> None:
    assert add().exit_code == 0
    assert accounts(store).signed_in("maria", PASSWORD)
    prompted = run("user", "password", "maria", given="another horse battery\nanother horse battery\n")
    assert prompted.exit_code == 0
    assert "another" not in prompted.output
    assert accounts(store).signed_in("maria", PASSWORD) is None
    assert accounts(store).signed_in("maria", "another horse battery")
    assert run("user", "disable", "maria").exit_code == 0
    assert accounts(store).signed_in("maria", "another horse battery") is None
    assert run("user", "enable", "maria").exit_code == 0
    assert accounts(store).signed_in("maria", "another horse battery")
    actions = [entry.action for entry in AuditTrail(store, Layout.load(), now).of_day(now().date())]
    assert actions == ["user-add", "user-password", "user-disable", "user-enable"]


def test_the_list_shows_no_hash(store: ObjectStore) -> None:
    add()
    add("reader.one", "--role", "reader")
    for output in (run("user", "list").output, run("user", "list", "--json").output):
        assert "argon2" not in output
        assert "maria" in output
    listed = json.loads(run("user", "list", "--json").stdout)
    assert [(item["user"], item["sender"]) for item in listed] == [("maria", "EL"), ("reader.one", None)]


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        (["maria", "--role", "sender"], PASSWORD, "a sender belongs to a Member State"),
        (["maria", "--role", "reader", "--sender", "EL"], PASSWORD, "belongs to no Member State"),
        (["maria", "--role", "sender", "--sender", "Greece"], PASSWORD, "write its code, like EL"),
        (["Maria", "--role", "reader"], PASSWORD, "no name for an account"),
        (["../../x", "--role", "reader"], PASSWORD, "no name for an account"),
        (["maria", "--role", "reader"], "short", "12 to 256 characters"),
        (["maria", "--role", "reader", "--collection", "rasff"], PASSWORD, "no collection"),
        (["maria", "--role", "reader", "--delegated"], PASSWORD, "only a deputy"),
    ],
)
def test_what_cannot_be_is_told(store: ObjectStore, arguments: list[str], given: str, said: str) -> None:
    result = run("user", "add", *arguments, "--password-stdin", given=f"{given}\n")
    assert result.exit_code == 2
    assert said in result.output
    assert given not in result.output
    assert list(accounts(store).all()) == []


def test_a_name_is_given_once(store: ObjectStore) -> None:
    add()
    again = add()
    assert again.exit_code == 2
    assert "already" in again.output
    assert run("user", "disable", "nobody").exit_code == 2


def test_no_command_takes_a_password_as_an_argument() -> None:
    for command in ("add", "password"):
        assert "--password " not in run("user", command, "--help").output


def test_a_token_is_shown_once_listed_and_revoked(store: ObjectStore) -> None:
    add()
    issued = run("token", "issue", "maria", "--label", "nightly", "--collection", "crc_statistics", "--days", "30")
    text = issued.stdout.strip()
    tokens = Tokens(store, Layout.load(), now, accounts(store))
    assert tokens.user_of(text)
    (listed,) = json.loads(run("token", "list", "maria", "--json").stdout)
    assert listed["label"] == "nightly"
    assert text not in run("token", "list", "maria").output
    assert run("token", "revoke", listed["token_id"]).exit_code == 0
    assert tokens.user_of(text) is None
    assert run("token", "revoke", "0000").exit_code == 2
