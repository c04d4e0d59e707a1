"""Tokens for machines: good for what they say, as long as they say, and nowhere kept."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from customs_monitor.portal.auth.accounts import Account
from customs_monitor.portal.auth.roles import Action, Role, may
from customs_monitor.portal.auth.tokens import TokenError
from support.portal import Portal

YEAR = timedelta(days=365)


@pytest.fixture(name="maria")
def maria_fixture(portal: Portal) -> Account:
    return portal.services.accounts.add("maria", by="test", role=Role.sender, sender="EL")


def test_a_token_is_its_owner_for_its_collections(portal: Portal, maria: Account) -> None:
    tokens = portal.services.tokens
    text, token = tokens.issue(maria, label="nightly", lasts=YEAR, collections=["crc_statistics"])
    user = tokens.user_of(text)
    assert user
    assert may(user, Action.send, "EL", "crc_statistics")
    assert not may(user, Action.send, "EL", "control_statistics")
    assert not may(user, Action.send, "DE", "crc_statistics")
    assert not may(user, Action.manage_tokens, "EL", "crc_statistics"), "a token makes no tokens"
    assert [kept.token_id for kept in tokens.of_sender("EL")] == [token.token_id]
    assert list(tokens.of_sender("DE")) == []


def test_the_store_has_its_hash_alone(portal: Portal, maria: Account) -> None:
    text, _ = portal.services.tokens.issue(maria, label="nightly", lasts=YEAR)
    secret = text.split("_", 2)[2].encode()
    assert not any(secret in portal.services.store.get(info.key) for info in portal.services.store.list())


def test_it_ends(portal: Portal, maria: Account) -> None:
    tokens = portal.services.tokens
    text, _ = tokens.issue(maria, label="short", lasts=timedelta(days=1))
    revoked, token = tokens.issue(maria, label="lost", lasts=YEAR)
    tokens.revoke(token.token_id, by="maria")
    assert tokens.user_of(revoked) is None
    assert tokens.user_of(text)
    portal.clock.pass_by(days=1)
    assert tokens.user_of(text) is None


@pytest.mark.parametrize(
    "change",
    [
        {"disabled": True},
        {"password": "another horse battery"},
        {"sender": "DE"},
        {"role": Role.reader, "sender": None},
    ],
)
def test_it_ends_with_what_its_owner_was(portal: Portal, maria: Account, change: dict[str, object]) -> None:
    text, _ = portal.services.tokens.issue(maria, label="nightly", lasts=YEAR)
    portal.clock.pass_by(seconds=1)
    portal.services.accounts.change("maria", by="test", **change)
    assert portal.services.tokens.user_of(text) is None


def test_collections_that_its_owner_has_lost_are_lost(portal: Portal, maria: Account) -> None:
    text, _ = portal.services.tokens.issue(maria, label="nightly", lasts=YEAR, collections=["crc_statistics"])
    portal.services.accounts.change("maria", by="test", collections=frozenset({"control_statistics"}))
    user = portal.services.tokens.user_of(text)
    assert user
    assert not any(may(user, Action.see, "EL", feed) for feed in portal.services.collections)


@pytest.mark.parametrize(
    ("lasts", "collections"), [(timedelta(days=367), None), (timedelta(), None), (YEAR, []), (YEAR, ["other"])]
)
def test_no_token_for_ever_for_nothing_or_for_more_than_its_owner_has(
    portal: Portal, lasts: timedelta, collections: list[str] | None
) -> None:
    owner = portal.services.accounts.add(
        "nikos", by="test", role=Role.deputy, sender="EL", collections=frozenset({"crc_statistics"})
    )
    with pytest.raises(TokenError):
        portal.services.tokens.issue(owner, label="x", lasts=lasts, collections=collections)


@pytest.mark.parametrize("text", ["", "cmt_", "cmt_0123456789abcdef_" + "A" * 43, "Basic x", "cmt_../x_y", "é" * 64])
def test_a_token_that_is_none_is_refused_and_not_logged(
    portal: Portal, maria: Account, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    good, _ = portal.services.tokens.issue(maria, label="nightly", lasts=YEAR)
    for wrong in (text, good[:-1] + ("A" if good[-1] != "A" else "B")):
        client = portal.signed_in(user="maria")
        answer = client.get("/", headers={"authorization": f"Bearer {wrong}".encode()})
        assert answer.headers["location"] == "/site/index.html", "a wrong token is not mended by a cookie"
        assert good.split("_", 2)[2][:-1] not in caplog.text
