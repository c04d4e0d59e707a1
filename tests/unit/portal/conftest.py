from __future__ import annotations

from pathlib import Path

import pytest
from argon2 import PasswordHasher

from customs_monitor.contracts import Registry
from customs_monitor.portal.auth import passwords
from customs_storage import open_store
from support.portal import Portal, portal_on


@pytest.fixture(scope="session", name="registry")
def registry_fixture() -> Registry:
    return Registry.load()


@pytest.fixture(name="portal")
def portal_fixture(registry: Registry, tmp_path: Path) -> Portal:
    """A portal on an empty store."""
    return portal_on(open_store((tmp_path / "store").as_uri()), registry, tmp_path / "home")


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords at a thousandth of the work, but in the test that asks for the real one."""
    passwords._nobodys.cache_clear()
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture(name="strong_hashes")
def strong_hashes_fixture(portal: Portal, cheap_hashes: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on passwords are hashed as in production."""
    monkeypatch.undo()
