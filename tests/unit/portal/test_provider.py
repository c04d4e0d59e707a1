"""Signing in at a real OpenID provider, and what somebody tries who is not let in."""

from __future__ import annotations

import json
import logging
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from customs_monitor.contracts import Registry
from customs_monitor.portal.auth import cookies, oidc
from customs_monitor.portal.auth.claims import ClaimRules
from customs_monitor.portal.auth.roles import Role
from customs_monitor.portal.settings import OidcSettings, PortalSettings, SettingsError
from customs_storage import open_store
from support import identity_provider
from support.portal import URL, Clock, Portal, portal_on

RULES = """
display: name
rules:
  - when: {groups: customs-managers}
    role: collection_manager
  - when: {groups: customs-senders}
    role: sender
    sender: {claim: country}
    collections: [crc_statistics]
"""
PEOPLE = {
    "maria": {"name": "Maria P.", "email": "maria@customs.example", "locale": "fr-FR", "country": "EL",
              "groups": ["staff", "customs-senders"]},
    "otto": {"name": "Otto", "groups": ["customs-managers"]},
    "guest": {"name": "Guest", "groups": ["staff"]},
    "lost": {"name": "Lost", "groups": ["customs-senders"], "country": "../../x"},
}  # fmt: skip


@pytest.fixture(scope="module", name="issuer")
def issuer_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if reason := identity_provider.missing():
        pytest.skip(reason)
    with identity_provider.running(tmp_path_factory.mktemp("provider"), URL + oidc.BACK, PEOPLE) as issuer:
        yield issuer


@pytest.fixture(name="portal")
def portal_fixture(issuer: str, registry: Registry, tmp_path: Path) -> Portal:
    return at(issuer, registry, tmp_path)


def at(issuer: str, registry: Registry, folder: Path, **changed: Any) -> Portal:
    rules = folder / "claims.yml"
    rules.write_text(RULES)
    told = {
        "issuer": issuer,
        "client_id": identity_provider.CLIENT_ID,
        "client_secret": SecretStr(identity_provider.CLIENT_SECRET),
        "rules": ClaimRules.load(rules),
        "name": "the test provider",
    }
    settings = OidcSettings(**{**told, **changed})
    portal = portal_on(open_store((folder / "store").as_uri()), registry, folder / "home", oidc=settings)
    portal.clock.now = Clock.real()  # the provider's tokens have the real time
    return portal


def sent_back(client: TestClient, login: str, next: str = "/") -> str:
    """Go to the provider, sign in there, and return the address it leads back to."""
    answer = client.get("/sign-in/provider", params={"next": next})
    assert answer.status_code == 303
    return identity_provider.come_back(answer.headers["location"], login)


def arrive(client: TestClient, address: str) -> Response:
    return client.get(address.removeprefix(URL))


def test_the_sign_in_page_offers_the_provider(portal: Portal) -> None:
    assert "the test provider" in portal.anybody().get("/sign-in").text


def test_who_is_let_in_is_who_the_claims_say(portal: Portal) -> None:
    client = portal.anybody()
    answer = arrive(client, sent_back(client, "maria", "/collections?feed=x"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/collections?feed=x")
    assert client.get("/").headers["location"] == "/collections"
    (account,) = portal.services.accounts.all()
    assert (account.role, account.sender, account.collections) == (Role.sender, "EL", frozenset({"crc_statistics"}))
    assert (account.display, account.email, account.language) == ("Maria P.", "maria@customs.example", "fr")
    assert account.password is None
    arrive(client, sent_back(client, "maria"))
    assert [item.number for item in portal.services.accounts.all()] == [1], "nothing has changed"


def test_the_way_out_has_state_nonce_and_a_challenge(portal: Portal) -> None:
    address = portal.anybody().get("/sign-in/provider").headers["location"]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    kept = b"".join(portal.services.store.get(info.key) for info in portal.services.store.list())
    assert not any(asked[name].encode() in kept for name in ("state", "nonce"))


@pytest.mark.parametrize("login", ["guest", "lost"])
def test_who_fits_no_rule_is_not_let_in(portal: Portal, login: str) -> None:
    client = portal.anybody()
    answer = arrive(client, sent_back(client, login))
    assert answer.status_code == 403
    assert "ask the Commission" in answer.text
    assert client.get("/").headers["location"] == "/site/index.html"
    assert list(portal.services.accounts.all()) == []


def test_who_is_disabled_here_is_not_let_in(portal: Portal) -> None:
    client = portal.anybody()
    arrive(client, sent_back(client, "otto"))
    (account,) = portal.services.accounts.all()
    portal.services.accounts.change(account.user, by="test", disabled=True)
    assert client.get("/").headers["location"] == "/site/index.html"
    assert arrive(client, sent_back(client, "otto")).status_code == 403


def test_a_way_back_is_good_once_and_for_the_browser_that_began_it(portal: Portal) -> None:
    client, thief = portal.anybody(), portal.anybody()
    address = sent_back(client, "maria")
    assert arrive(thief, address).status_code == 403, "no cookie"
    thief.get("/sign-in/provider")
    assert arrive(thief, address).status_code == 403, "the cookie of another way"
    cookie = client.cookies[cookies.FLOW]
    assert arrive(client, address).status_code == 303
    thief.cookies.clear()
    thief.cookies.set(cookies.FLOW, cookie)
    assert arrive(thief, address).status_code == 403, "it is closed"


def test_a_way_that_was_begun_long_ago_is_closed(portal: Portal) -> None:
    client = portal.anybody()
    address = sent_back(client, "maria")
    portal.clock.pass_by(minutes=11)
    assert arrive(client, address).status_code == 403


@pytest.mark.parametrize(
    "query",
    ["", "?state=x&code=y", "?state=" + "A" * 43, "?error=access_denied", "?state=%00&code=%0d%0aSet-Cookie:x=1",
     "?error_description=<script>alert(1)</script>"],
)  # fmt: skip
def test_a_forged_way_back_leads_nowhere(portal: Portal, query: str) -> None:
    client = portal.anybody()
    client.get("/sign-in/provider")
    answer = client.get(oidc.BACK + query)
    assert answer.status_code == 403
    assert "<script>" not in answer.text


def test_no_secret_is_logged_whatever_goes_wrong(
    issuer: str, registry: Registry, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "customs_monitor")
    portal = at(issuer, registry, tmp_path, client_secret=SecretStr("a wrong secret of ours"))
    client = portal.anybody()
    address = sent_back(client, "maria")
    assert arrive(client, address).status_code == 403
    code = parse_qs(urlsplit(address).query)["code"][0]
    assert "a sign-in at the provider failed" in caplog.text
    for secret in ("a wrong secret of ours", code, client.cookies[cookies.FLOW]):
        assert secret not in caplog.text
        assert not any(secret.encode() in portal.services.store.get(info.key) for info in portal.services.store.list())
    assert "a wrong secret of ours" not in repr(portal.services)


@pytest.mark.parametrize("changed", ["nothing", "iss", "aud", "nonce", "exp", "sub", "key", "alg"])
def test_an_identity_token_that_is_not_for_us_now_is_refused(
    portal: Portal, changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider's own answer, signed anew with a key that we are made to trust, and changed in one thing."""
    client, key = portal.anybody(), RSAKey.generate_key(2048, {"kid": "ours"})
    address = sent_back(client, "maria")
    fetch, fetched = oidc.OAuth2Client.fetch_token, oidc.Provider._fetched
    changes: dict[str, dict[str, object]] = {
        "iss": {"iss": "https://evil.example"},
        "aud": {"aud": "another"},
        "nonce": {"nonce": "of another way"},
        "exp": {"exp": 1_700_000_000},
        "sub": {"sub": "otto"},
    }

    def forged(self: Any, *arguments: Any, **named: Any) -> Any:
        token = fetch(self, *arguments, **named)
        body = token["id_token"].split(".")[1]
        claims = {**json.loads(urlsafe_b64decode(body + "===")), **changes.get(changed, {})}
        token["id_token"] = jwt.encode({"alg": "RS256", "kid": "ours"}, claims, key, algorithms=["RS256"])
        if changed == "alg":
            token["id_token"] = f"eyJhbGciOiJub25lIn0.{body}."  # {"alg":"none"}
        return token

    def with_our_key(url: str) -> dict[str, Any]:
        said = fetched(url)
        if "keys" in said and changed != "key":
            said["keys"].append(key.as_dict(private=False))
        return said

    monkeypatch.setattr(oidc.OAuth2Client, "fetch_token", forged)
    monkeypatch.setattr(oidc.Provider, "_fetched", staticmethod(with_our_key))
    answer = arrive(client, address)
    is_let_in = client.get("/").headers["location"] == "/collections"
    assert (answer.status_code, is_let_in) == ((303, True) if changed == "nothing" else (403, False))


def test_a_provider_that_is_away_is_told(registry: Registry, tmp_path: Path) -> None:
    portal = at("http://localhost:1", registry, tmp_path)
    answer = portal.anybody().get("/sign-in/provider")
    assert answer.status_code == 403
    assert "does not answer" in answer.text


def test_settings_come_from_the_environment_and_say_what_is_wrong(tmp_path: Path) -> None:
    rules = tmp_path / "claims.yml"
    rules.write_text(RULES)
    said = {
        "CUSTOMS_MONITOR_OIDC_ISSUER": "https://login.example.eu",
        "CUSTOMS_MONITOR_OIDC_CLIENT_ID": "customs-monitor",
        "CUSTOMS_MONITOR_OIDC_CLIENT_SECRET": "very secret",
        "CUSTOMS_MONITOR_OIDC_CLAIMS": str(rules),
    }
    told = PortalSettings.from_environment(said)
    assert told.oidc
    assert told.oidc.client_secret.get_secret_value() == "very secret"
    assert PortalSettings.from_environment({}).oidc is None
    for changed, expected in (
        ({"CUSTOMS_MONITOR_OIDC_ISSUER": "http://login.example.eu"}, "no https address"),
        ({"CUSTOMS_MONITOR_OIDC_CLIENT_SECRET": ""}, "CLIENT_SECRET"),
        ({"CUSTOMS_MONITOR_OIDC_CLAIMS": ""}, "CLAIMS names no file"),
        ({"CUSTOMS_MONITOR_OIDC_CLAIMS": str(tmp_path / "none")}, "CLAIMS"),
        ({"CUSTOMS_MONITOR_PORTAL_URL": "portal.example.eu"}, "no address of a server"),
    ):
        with pytest.raises(SettingsError, match=expected) as wrong:
            PortalSettings.from_environment({**said, **changed})
        assert "very secret" not in str(wrong.value)
