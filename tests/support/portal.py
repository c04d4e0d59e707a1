"""A portal in the test's own process, people who are signed in, and a clock that stands still until it is moved."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fastapi import FastAPI
from fastapi.testclient import TestClient

from customs_monitor.contracts import Registry
from customs_monitor.portal.app import create_app
from customs_monitor.portal.auth import cookies
from customs_monitor.portal.auth.csrf import HEADER, token_of
from customs_monitor.portal.auth.roles import Role
from customs_monitor.portal.dependencies import Services
from customs_monitor.portal.settings import PortalSettings
from customs_storage import ObjectStore

URL = "http://portal.test"


class Clock:
    """A clock that is moved by hand."""

    def __init__(self, now: datetime = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    @staticmethod
    def real() -> datetime:
        """The time on the wall, for those who deal with other servers."""
        return datetime.now(UTC)

    def pass_by(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@dataclass
class Portal:
    """A portal and those who use it."""

    app: FastAPI
    services: Services
    clock: Clock

    def anybody(self) -> TestClient:
        """A browser in which nobody is signed in."""
        return TestClient(self.app, base_url=self.services.settings.url, follow_redirects=False)

    def signed_in(self, role: Role = Role.sender, sender: str | None = "EL", **account: object) -> TestClient:
        """A browser in which somebody of this role is signed in; its requests carry the token of our forms."""
        if role in (Role.collection_manager, Role.reader):
            sender = None
        name = account.pop("user", None) or f"{role.value}.{(sender or 'ec').lower()}"
        assert isinstance(name, str)
        if self.services.accounts.find(name) is None:
            self.services.accounts.add(name, by="test", role=role, sender=sender, **account)
        return self.signed_in_with_cookie(self.services.sessions.open(name, "password"))

    def signed_in_with_cookie(self, cookie: str) -> TestClient:
        """A browser with this cookie, good or not."""
        client = self.anybody()
        client.cookies.set(cookies.SESSION, cookie)
        client.headers[HEADER] = token_of(cookie)
        return client


def portal_on(store: ObjectStore, registry: Registry, home: Path, **settings: object) -> Portal:
    """Start a portal on a store; settings are those of `PortalSettings`."""
    clock = Clock()
    scratch = home / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    told = PortalSettings.model_validate({"url": URL, "home": home, **settings})
    services = Services.of(told, store, registry, scratch, clock)
    return Portal(create_app(services), services, clock)


def form_field(page: str, name: str) -> str:
    """The value of a hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, page
    return found[1]
