"""Signing in and out with a local account, and what an attacker tries there."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from customs_monitor.contracts import Registry
from customs_monitor.portal.auth import cookies, passwords
from customs_monitor.portal.auth.lockout import FROM_ONE_ADDRESS
from customs_monitor.portal.auth.roles import Role
from customs_storage import open_store
from support.portal import Portal, form_field, portal_on

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def maria(portal: Portal) -> None:
    portal.services.accounts.add("maria", by="test", role=Role.sender, sender="EL", password=PASSWORD)


def sign_in(client: TestClient, name: str = "maria", password: str = PASSWORD, **fields: str) -> Response:
    token = form_field(client.get("/sign-in").text, "csrf_token")
    return client.post("/sign-in", data={"csrf_token": token, "name": name, "password": password, **fields})


def is_signed_in(client: TestClient) -> bool:
    return client.get("/").headers["location"] == "/collections"


def test_the_right_password_opens_a_session(portal: Portal) -> None:
    client = portal.anybody()
    answer = sign_in(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith(cookies.SESSION))
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert is_signed_in(client)


def test_over_https_cookies_never_leave_it_and_no_other_host_can_set_them(registry: Registry, tmp_path: Path) -> None:
    portal = portal_on(
        open_store((tmp_path / "store").as_uri()), registry, tmp_path / "home", url="https://portal.example.eu"
    )
    client = portal.anybody()
    answer = sign_in(client)
    cookie = next(value for value in answer.headers.get_list("set-cookie") if f"{cookies.SESSION}=" in value)
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie.split("; ")
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    assert is_signed_in(client)


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("maria", "wrong horse battery"),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("maria", ""),
        ("../maria", PASSWORD),
        ("maria\r\nSet-Cookie: x=1", PASSWORD),
        ("maria\0", PASSWORD),
        ("m" * 5000, PASSWORD),
        ("\ud83d\ude00", "p" * 10_000),
    ],
)
def test_what_is_not_right_is_answered_the_same_whatever_is_wrong(
    portal: Portal, name: str, password: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = portal.anybody()
    plain = name.encode("utf-16", "surrogatepass").decode("utf-16")
    answer = sign_in(client, plain, password)
    assert answer.status_code == 401
    assert "The name or the password is not right" in answer.text
    assert not is_signed_in(client)
    assert "x" not in answer.cookies
    if password:
        assert password not in caplog.text


def test_an_unknown_name_costs_the_work_of_a_wrong_password(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    original = passwords._HASHER.verify

    class Counting:
        def __getattr__(self, name: str) -> Any:
            return getattr(hasher, name)

        def verify(self, kept: str, password: str) -> bool:
            verified.append(kept.split("$")[3])
            return original(kept, password)

    hasher = passwords._HASHER
    monkeypatch.setattr(passwords, "_HASHER", Counting())
    sign_in(portal.anybody(), "maria", "wrong horse battery")
    sign_in(portal.anybody(), "nobody", "wrong horse battery")
    assert len(verified) == 2
    assert len(set(verified)) == 1, "the parameters that the time depends on"


def test_passwords_are_hashed_as_rfc_9106_recommends(strong_hashes: None) -> None:
    kept = passwords.hashed(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.is_right(kept, PASSWORD)
    assert not passwords.is_right(kept, PASSWORD + " ")


def test_a_hash_of_weaker_parameters_is_made_anew_at_the_next_sign_in(portal: Portal, strong_hashes: None) -> None:
    assert sign_in(portal.anybody()).status_code == 303
    account = portal.services.accounts.find("maria")
    assert account
    assert (account.number, account.by) == (2, "maria")
    assert account.password
    assert "m=65536" in account.password


@pytest.mark.parametrize("password", ["short", "a" * 12, "abab" * 5, "x" * 300, ""])
def test_a_weak_password_is_not_taken(portal: Portal, password: str) -> None:
    with pytest.raises(passwords.WeakPassword) as refused:
        portal.services.accounts.change("maria", by="test", password=password)
    assert not password or password not in str(refused.value)


def test_the_password_lies_nowhere_in_the_store(portal: Portal) -> None:
    client = portal.anybody()
    sign_in(client, password=PASSWORD + "!")
    sign_in(client)
    cookie = client.cookies[cookies.SESSION]
    for info in portal.services.store.list():
        kept = portal.services.store.get(info.key) + info.key.encode()
        assert PASSWORD.encode() not in kept
        assert cookie.encode() not in kept


def test_a_session_from_before_the_sign_in_is_worth_nothing(portal: Portal) -> None:
    client = portal.anybody()
    planted = "A" * 43
    client.cookies.set(cookies.SESSION, planted)
    answer = sign_in(client)
    given = answer.cookies[cookies.SESSION]
    assert given != planted
    other = portal.anybody()
    other.cookies.set(cookies.SESSION, planted)
    assert not is_signed_in(other)


def test_signing_in_again_ends_the_session_there_was(portal: Portal) -> None:
    client = portal.anybody()
    sign_in(client)
    old = client.cookies[cookies.SESSION]
    sign_in(client)
    thief = portal.anybody()
    thief.cookies.set(cookies.SESSION, old)
    assert not is_signed_in(thief)
    assert is_signed_in(client)


def test_signing_out_ends_the_session_for_whoever_has_its_cookie(portal: Portal) -> None:
    client = portal.signed_in(Role.sender, "EL")
    thief = portal.anybody()
    thief.cookies.set(cookies.SESSION, client.cookies[cookies.SESSION])
    assert is_signed_in(thief)
    assert client.post("/sign-out").status_code == 303
    assert not is_signed_in(thief)


@pytest.mark.parametrize("forged", ["", "A" * 43, "A" * 42 + "=", "../../accounts/maria", "a" * 100_000, "é" * 43])
def test_a_forged_cookie_is_nobodys(portal: Portal, forged: str) -> None:
    answer = portal.anybody().get("/", headers={"cookie": f"{cookies.SESSION}={forged}".encode("latin-1")})
    assert answer.headers["location"] == "/site/index.html"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/a\r\nSet-Cookie: x=1",
        "http:/evil.example", "\t//evil.example", "/\t/evil.example", "///evil.example", "",
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere(portal: Portal, address: str) -> None:
    answer = sign_in(portal.anybody(), next=address)
    assert answer.headers["location"] == "/"
    assert "x" not in answer.cookies


def test_too_many_tries_lock_out_at_one_address_even_with_the_right_password(portal: Portal) -> None:
    client = portal.anybody()
    for _ in range(FROM_ONE_ADDRESS):
        sign_in(client, password="wrong horse battery")
    assert sign_in(client).status_code == 401
    portal.clock.pass_by(minutes=15)
    assert sign_in(client).status_code == 303


def test_a_right_password_begins_the_count_anew(portal: Portal) -> None:
    lockout = portal.services.lockout
    for _ in range(3):
        for _ in range(FROM_ONE_ADDRESS - 1):
            assert lockout.attempt("maria", "192.0.2.1")
        right = lockout.attempt("maria", "192.0.2.1")
        assert right
        lockout.passed(right)
    for _ in range(FROM_ONE_ADDRESS):
        assert lockout.attempt("maria", "192.0.2.1")
    assert lockout.attempt("maria", "192.0.2.1") is None
    assert lockout.attempt("maria", "192.0.2.2"), "she herself, from elsewhere"


def test_what_the_form_may_not_say_is_not_listened_to(portal: Portal) -> None:
    client = portal.anybody()
    sign_in(client, role="collection_manager", sender="DE", user="admin")
    account = portal.services.accounts.find("maria")
    assert account is not None
    assert (account.role, account.sender, account.number) == (Role.sender, "EL", 1)


def test_a_stranger_cannot_send_much(portal: Portal) -> None:
    client = portal.anybody()
    assert sign_in(client, password="p" * 70_000).status_code == 413
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = client.post("/sign-in", content=(b"a" * 10_000 for _ in range(10)), headers=form)
    assert answer.status_code == 413, "whatever length was announced"
