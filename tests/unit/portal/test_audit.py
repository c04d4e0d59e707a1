"""Every action leaves one entry: who, what, when, from where, how it ended; and no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from customs_monitor.contracts import Registry
from customs_monitor.portal.audit import AuditEntry
from customs_monitor.portal.auth.roles import Action, Role, User
from customs_monitor.portal.dependencies import authorise
from customs_storage import StoreUnavailable, open_store
from support.portal import Portal, form_field

PASSWORD = "correct horse battery"


def entries(portal: Portal) -> list[AuditEntry]:
    return list(portal.services.audit.of_day(portal.clock.now.date()))


def test_signing_in_and_out_is_kept_and_so_is_failing(portal: Portal) -> None:
    portal.services.accounts.add("maria", by="test", role=Role.sender, sender="EL", password=PASSWORD)
    client = portal.anybody()
    for name, password in (("maria", "wrong"), ("pass word typed as name", "x"), ("maria", PASSWORD)):
        token = form_field(client.get("/sign-in").text, "csrf_token")
        client.post("/sign-in?next=secret", data={"csrf_token": token, "name": name, "password": password})
        portal.clock.pass_by(seconds=1)
    wrong, unknown, right = entries(portal)
    assert (wrong.action, wrong.status, wrong.user, wrong.notes) == (
        "sign-in", 401, None, {"account": "maria", "refused": "wrong"},
    )  # fmt: skip
    assert unknown.notes == {"refused": "wrong"}, "a password typed as name is not kept"
    assert (right.action, right.status, right.notes) == ("sign-in", 303, {"account": "maria", "door": "password"})
    assert right.address == "testclient"
    assert right.path == "/sign-in"


def test_looking_is_not_kept_unless_the_commission_looks_at_a_member_states_own(portal: Portal) -> None:
    @portal.app.get("/look/{sender}")
    def look(sender: str) -> dict[str, str]:
        authorise(User("reader", Role.reader), Action.see, sender, "crc_statistics")
        return {}

    portal.signed_in(Role.sender, "EL").get("/sign-in")
    assert entries(portal) == []
    portal.signed_in(Role.reader).get("/look/EL")
    (entry,) = entries(portal)
    assert (entry.action, entry.user, entry.role) == ("see", "reader.ec", "reader")
    assert entry.notes == {"sender": "EL", "collection": "crc_statistics"}


def test_what_cannot_be_kept_is_not_answered_as_done(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    client = portal.signed_in(Role.sender, "EL")

    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("the store is away")

    monkeypatch.setattr(portal.services.audit, "keep", away)
    answer = client.post("/sign-out")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "60"


def test_entries_of_several_processes_do_not_meet(registry: Registry, tmp_path: Path, portal: Portal) -> None:
    for number in range(20):
        portal.services.audit.keep(action="x", method="POST", path=f"/{number}", status=200)
    assert len(entries(portal)) == 20
    assert open_store((tmp_path / "store").as_uri()).head("portal/audit") is None
