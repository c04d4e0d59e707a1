"""Every answer is strict, and only forms of ours change anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from customs_monitor.contracts import Registry
from customs_monitor.portal.auth.csrf import HEADER
from customs_storage import open_store
from support.portal import Portal, portal_on


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/sign-in"), ("GET", "/nothing"), ("GET", "/site/index.html"), ("POST", "/sign-in"), ("GET", "/api/v1/x")],
)
def test_every_answer_is_strict(portal: Portal, method: str, path: str) -> None:
    headers = portal.anybody().request(method, path).headers
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "strict-transport-security" not in headers, "over http a browser must not be told"
    assert "server" not in headers


def test_an_error_of_ours_is_strict_too_and_tells_nothing(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr(type(portal.services.store), "list", broken)
    answer = portal.signed_in_with_cookie("A" * 43).get("/api/v1/x")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["reference"]
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {HEADER: ""},
        {HEADER: "0" * 64},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_form_that_is_not_ours_changes_nothing(portal: Portal, headers: dict[str, str]) -> None:
    client = portal.signed_in()
    assert client.post("/sign-out", headers=headers).status_code == 403
    assert client.get("/").headers["location"] == "/collections"


def test_the_token_of_another_session_is_not_ours(portal: Portal) -> None:
    client, other = portal.signed_in(user="maria"), portal.signed_in(user="nikos")
    assert client.post("/sign-out", headers={HEADER: other.headers[HEADER]}).status_code == 403


def test_another_host_is_not_answered(portal: Portal) -> None:
    assert portal.anybody().get("/sign-in", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(("proxies", "seen"), [("", "testclient"), ("testclient", "203.0.113.9")])
def test_a_proxy_is_believed_only_where_it_is_named(
    registry: Registry, tmp_path: Path, proxies: str, seen: str
) -> None:
    portal = portal_on(
        open_store((tmp_path / "store").as_uri()), registry, tmp_path / "home", trusted_proxies=tuple(proxies.split())
    )
    portal.anybody().post("/sign-out", headers={"x-forwarded-for": "203.0.113.9"})
    (entry,) = portal.services.audit.of_day(portal.clock.now.date())
    assert entry.address == seen


def test_an_address_that_asks_too_often_waits(registry: Registry, tmp_path: Path) -> None:
    portal = portal_on(open_store((tmp_path / "store").as_uri()), registry, tmp_path / "home", sign_ins_per_minute=3)
    client = portal.anybody()
    answers = [client.post("/sign-in", data={"name": "a", "password": "b"}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert client.get("/sign-in").status_code == 200
