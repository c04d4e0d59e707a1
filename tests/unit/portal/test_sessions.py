"""Sessions end: idle, old, disabled, with a new password; any process of the portal knows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from customs_monitor.portal.auth.roles import Role
from customs_monitor.portal.auth.sessions import Sessions
from customs_monitor.portal.dependencies import Services
from customs_monitor.portal.expiry import remove_expired
from support.portal import Portal


def test_one_that_is_used_lasts_until_its_longest(portal: Portal) -> None:
    sessions = portal.services.sessions
    cookie = sessions.open("maria", "password")
    for _ in range(31):
        portal.clock.pass_by(minutes=15)
        assert sessions.find(cookie)
    portal.clock.pass_by(minutes=15)
    assert sessions.find(cookie) is None, "8 hours are over"


def test_one_that_is_not_used_ends(portal: Portal) -> None:
    sessions = portal.services.sessions
    cookie = sessions.open("maria", "password")
    portal.clock.pass_by(minutes=29)
    assert sessions.find(cookie)
    portal.clock.pass_by(minutes=30)
    assert sessions.find(cookie) is None
    portal.clock.pass_by(minutes=-10)
    assert sessions.find(cookie), "the clock of another machine is behind: the session still had its time"


def test_another_process_knows_what_this_one_has_ended(portal: Portal) -> None:
    mine, services = portal.services.sessions, portal.services
    others = Sessions(
        services.store, services.layout, portal.clock, idle=timedelta(minutes=30), longest=timedelta(hours=8)
    )
    cookie = mine.open("maria", "password")
    session = others.find(cookie)
    assert session
    mine.end(session)
    assert others.find(cookie) is None


@pytest.mark.parametrize("change", [{"disabled": True}, {"password": "another horse battery"}])
def test_who_is_disabled_or_has_a_new_password_is_signed_out_everywhere(
    portal: Portal, change: dict[str, object]
) -> None:
    client = portal.signed_in(Role.sender, "EL", user="maria")
    assert client.get("/").headers["location"] == "/collections"
    portal.clock.pass_by(seconds=1)
    portal.services.accounts.change("maria", by="test", **change)
    assert client.get("/").headers["location"] == "/site/index.html"


def test_what_has_expired_is_removed_and_nothing_else(portal: Portal) -> None:
    services = portal.services
    portal.clock.now = portal.clock.real()
    cookie = services.sessions.open("maria", "password")
    session = services.sessions.find(cookie)
    assert session
    services.sessions.end(session)
    services.lockout.attempt("maria", "192.0.2.1")
    services.audit.keep(action="x", method="POST", path="/", status=200)
    services.accounts.add("maria", by="test", role=Role.sender, sender="EL")
    assert remove_expired(services.store, services.layout, portal.clock) == 0
    portal.clock.pass_by(days=8)
    assert remove_expired(services.store, services.layout, portal.clock) == 4
    left = {info.key.split("/")[1] for info in services.store.list("portal/")}
    assert left == {"accounts", "audit"}
    assert services.sessions.find(cookie) is None


def test_what_is_kept_of_a_session_opens_nothing(portal: Portal) -> None:
    services: Services = portal.services
    services.sessions.open("maria", "password")
    for info in services.store.list("portal/sessions/"):
        for part in info.key.split("/"):
            assert services.sessions.find(part) is None
