"""No Member State learns anything of another: every route, for every role, with anybody's ids.

The routes are those of the application, so a new one is asked for without a word here. What is another's is answered in
every byte as what nobody has, and by the same operations on the store: whoever measures time has nothing to measure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from customs_monitor.contracts import Registry
from customs_monitor.portal.auth.roles import Role
from customs_storage import open_store
from support.portal import Portal, portal_on
from support.tenants import (
    COMMON,
    OWNED,
    Tenant,
    Watched,
    ask,
    ghost,
    objects,
    parameters,
    plain,
    requests_of,
    routes_of,
    settle,
)  # fmt: skip

#: All that somebody may ask for who is not signed in.
PUBLIC = {
    "/", "/health", "/.well-known/jwks.json", "/sign-in", "/sign-out", "/sign-in/provider", "/sign-in/provider/back",
    "/api/v1/openapi.json",
    "/site", "/site/", "/site/{path:path}", "/indicators/{path:path}", "/marts/{path:path}", "/structure/{path:path}",
    "/catalog.jsonld", "/contents.json", "/portal/assets/{name}", "/language/{language}",
}  # fmt: skip
#: Pages that answer their owner with something else than what they are for, and why.
NOT_HERS = {
    "/sign-in/provider": "there is no provider here",
    "/sign-in/provider/back": "there is no provider here",
    "/overview": "of the Commission",
    "/explanations": "of the Commission",
}


@dataclass
class World:
    portal: Portal
    el: Tenant
    de: Tenant

    def actors(self) -> dict[str, TestClient]:
        """Everybody who must learn nothing of Germany."""
        portal, others = self.portal, frozenset({"control_statistics"})
        account = portal.services.accounts.find("anna.el.private")
        assert account
        machine = portal.anybody()
        lasts = timedelta(days=1)
        text, token = portal.services.tokens.issue(account, label="x", lasts=lasts)
        self.el.secrets.add(token.token_id)
        machine.headers["authorization"] = f"Bearer {text}"
        return {
            "nobody": portal.anybody(),
            "sender": portal.signed_in(Role.sender, "EL", user="sender.el"),
            "deputy": portal.signed_in(Role.deputy, "EL", user="deputy.el"),
            "delegated deputy": portal.signed_in(Role.deputy, "EL", user="delegated.el", delegated=True),
            "sender of another collection": portal.signed_in(Role.sender, "EL", user="other.el", collections=others),
            "sender with nothing": portal.signed_in(Role.sender, "FR", user="sender.fr"),
            "machine": machine,
        }


@pytest.fixture(scope="module", name="world")
def world_fixture(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("tenants")
    portal = portal_on(
        open_store((folder / "store").as_uri()), registry, folder / "home",
        requests_per_minute=10**6, sign_ins_per_minute=10**6,
    )  # fmt: skip
    return World(portal, settle(portal, "EL"), settle(portal, "DE"))


def test_values_are_known_for_every_parameter_of_every_route(world: World) -> None:
    routes = routes_of(world.portal)
    assert len(routes) > 30
    unknown = {(route.path, name) for route in routes for name in parameters(route) - COMMON.keys() - OWNED}
    assert not unknown, "name a value for these in tests/support/tenants.py"


def test_what_is_public_is_named_and_nothing_else_is(world: World) -> None:
    nobody = world.portal.anybody()
    for route in routes_of(world.portal):
        for method, path, rest in requests_of(route, world.de.values[0]):
            answer = ask(nobody, method, path, rest)
            asked_to_sign_in = answer.status_code == 401 or answer.headers.get("location", "").startswith("/sign-in?")
            assert asked_to_sign_in != (route.path in PUBLIC), f"{method} {route.path}: {answer.status_code}"


def test_everybody_reaches_her_own(world: World) -> None:
    """If these were all refused, the tests below would prove nothing."""
    client = world.portal.signed_in(Role.sender, "EL", user="sender.el")
    machine = world.actors()["machine"]
    for route in routes_of(world.portal):
        if route.path in NOT_HERS:
            continue
        who = machine if route.path.startswith("/api/v1/") else client
        answers = [
            ask(who, method, path, rest).status_code
            for values in world.el.values
            for method, path, rest in requests_of(route, values)
            if method == "GET"
        ]
        assert not answers or min(answers) < 400, f"{route.path}: {answers}"


def test_another_member_states_is_as_what_nobody_has(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, world.portal.services.store)
    before, compared = objects(world.portal, "DE"), 0
    for route in routes_of(world.portal):
        if not parameters(route) & OWNED:
            continue
        for who, client in world.actors().items():
            for theirs in world.de.values:
                for asked, nobodys in (
                    (theirs, ghost(theirs)),
                    # Her own Member State's name with another's ids; numbers are no ids, each has its own.
                    ({**theirs, "sender": "EL", "number": "77"}, ghost(theirs, keep_sender="EL")),
                ):
                    pairs = zip(requests_of(route, asked), requests_of(route, nobodys), strict=True)
                    for (method, path, rest), (_, other_path, other_rest) in pairs:
                        if asked["sender"] == "EL" and not set(route.param_convertors) & (OWNED - {"sender", "number"}):
                            continue  # that is her own
                        watched.taken()
                        answer, steps = ask(client, method, path, rest), watched.taken()
                        other, other_steps = ask(client, method, other_path, other_rest), watched.taken()
                        case = f"{who}: {method} {path}"
                        assert answer.status_code >= 300, case
                        assert plain(answer, path, asked) == plain(other, other_path, nobodys), case
                        assert steps == other_steps, f"{case}: what the store is asked for tells them apart"
                        reads_nothing(case, answer, world.de, asked)
                        compared += 1
    assert compared > 100
    assert objects(world.portal, "DE") == before


def reads_nothing(case: str, answer: Response, tenant: Tenant, asked: Mapping[str, str]) -> None:
    """Nothing of a Member State is in body or headers but what the request itself said."""
    text = answer.text + str(answer.headers)
    found = {secret for secret in tenant.secrets if secret in text} - set(asked.values())
    assert not found, f"{case}: {found}"


def test_nothing_anybody_can_ask_for_holds_a_word_of_another(world: World) -> None:
    read = 0
    actors = world.actors()
    for who in ("nobody", "sender", "sender with nothing", "machine"):
        client = actors[who]
        for route in routes_of(world.portal):
            for values in (world.el.values[1], {**world.el.values[0], "sender": "FR"}):
                for method, path, rest in requests_of(route, values):
                    if method == "GET":
                        answer = ask(client, method, path, rest)
                        reads_nothing(f"{who}: {path}", answer, world.de, {})
                        if who in ("nobody", "sender with nothing"):
                            reads_nothing(f"{who}: {path}", answer, world.el, values)
                        read += 1
    assert read > 150


@pytest.mark.parametrize("role", [Role.collection_manager, Role.reader, Role.sender, Role.deputy])
def test_nobody_changes_anything_of_another(world: World, role: Role) -> None:
    """Also not where a form is given more than it asks for."""
    before = objects(world.portal, "DE")
    for route in routes_of(world.portal):
        for values in world.de.values:
            for method, path, rest in requests_of(route, values):
                if method != "GET":
                    client = world.portal.signed_in(role, "EL", user=f"{role.value.replace('_', '-')}.changing")
                    ask(client, method, path, rest)
    assert objects(world.portal, "DE") == before
    tokens = world.portal.services.tokens
    assert not tokens.is_revoked(world.de.values[0]["token_id"])
    kept = world.portal.services.accounts.find(f"{role.value.replace('_', '-')}.changing")
    assert kept
    assert kept.role is role


def test_the_commission_reads_and_is_seen_reading(world: World) -> None:
    services = world.portal.services
    client = world.portal.signed_in(Role.reader)
    values = world.de.values[1]
    address = f"/deliveries/{values['feed']}/{values['period']}/DE/{values['delivery_id']}"
    assert client.get(address).status_code == 200
    entries = [entry for entry in services.audit.of_day(world.portal.clock.now.date()) if entry.path == address]
    assert [(entry.user, entry.action, entry.notes["sender"]) for entry in entries] == [("reader.ec", "see", "DE")]


@pytest.mark.parametrize("name", ["next", "back"])
def test_no_route_leads_to_another_server(world: World, name: str) -> None:
    client = world.portal.signed_in(Role.sender, "EL", user="sender.el")
    led = 0
    for route in routes_of(world.portal):
        if name in parameters(route):
            for address in ("https://evil.example/", "//evil.example", "/\\evil.example"):
                for method, path, rest in requests_of(route, {**world.el.values[0], name: address}):
                    answer = ask(client, method, path, rest)
                    assert "evil.example" not in answer.headers.get("location", "")
                    led += 1
    assert led
