from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from customs_monitor.checking.pool import CheckPool
from customs_monitor.collection.judging import judge_waiting
from customs_monitor.collection.signing import publish_key, signing_key
from customs_monitor.contracts import Registry
from customs_monitor.portal.auth.roles import Role
from customs_monitor.portal.jobs import Jobs
from customs_storage import open_store
from support.portal import Portal, portal_on

Machine = Callable[..., httpx.Client]


@pytest.fixture(scope="module", name="pool")
def pool_fixture() -> Iterator[CheckPool]:
    with CheckPool(1) as pool:
        yield pool


@pytest.fixture(name="portal")
def portal_fixture(registry: Registry, tmp_path: Path) -> Portal:
    """A portal on an empty store, that may call webhooks on this machine."""
    store = open_store((tmp_path / "store").as_uri())
    return portal_on(store, registry, tmp_path / "home", webhook_networks=["127.0.0.0/8"])


@pytest.fixture(name="jobs")
def jobs_fixture(portal: Portal, pool: CheckPool, tmp_path: Path) -> Jobs:
    """What the portal does after it has answered, one sweep at a time."""
    services, runs = portal.services, iter(range(1000))

    def judge(feed: str) -> object:
        number = next(runs)
        (scratch := tmp_path / f"judge-{number}").mkdir()
        return judge_waiting(services.store, services.layout, services.registry, feed, f"run-{number}", scratch)

    key = signing_key(services.settings.home)
    publish_key(services.store, services.layout, key)
    return Jobs(services, pool, key, judge)


@pytest.fixture(name="machine")
def machine_fixture(portal: Portal) -> Machine:
    """Return clients with a token; by default one of a sender's account of Germany."""

    def client(sender: str | None = "DE", role: Role = Role.sender, **token: object) -> httpx.Client:
        accounts = portal.services.accounts
        name = f"{role.value}.{(sender or 'ec').lower()}"
        account = accounts.find(name) or accounts.add(name, by="test", role=role, sender=sender)
        text, _ = portal.services.tokens.issue(account, label="machine", lasts=timedelta(days=30), **token)  # type: ignore[arg-type]
        browser = portal.anybody()
        browser.headers["Authorization"] = f"Bearer {text}"
        browser.base_url = httpx.URL(f"{portal.services.settings.url}/api/v1")
        return browser

    return client
