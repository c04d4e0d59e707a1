from __future__ import annotations

from pathlib import Path

import pytest

from customs_monitor.contracts import Registry
from customs_storage import open_store
from support.portal import Portal, portal_on


@pytest.fixture(scope="session", name="registry")
def registry_fixture() -> Registry:
    return Registry.load()


@pytest.fixture(name="portal")
def portal_fixture(registry: Registry, tmp_path: Path) -> Portal:
    """A portal on an empty store."""
    return portal_on(open_store((tmp_path / "store").as_uri()), registry, tmp_path / "home")
