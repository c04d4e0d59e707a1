"""A store with accepted deliveries, and a build that takes no dbt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from customs_monitor.contracts import Registry
from customs_monitor.release import build as building
from customs_monitor.release import describing
from customs_storage import ObjectStore, open_store
from customs_storage.layout import Layout
from support.releases import Deliveries, FakeBuild


@pytest.fixture(scope="session")
def registry() -> Registry:
    return Registry.load()


@pytest.fixture(scope="session")
def layout() -> Layout:
    return Layout.load()


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store(tmp_path / "store")


@pytest.fixture
def deliveries(store: ObjectStore, layout: Layout, registry: Registry, tmp_path: Path) -> Deliveries:
    return Deliveries(store, layout, registry, tmp_path / "made")


@pytest.fixture
def fake_build(monkeypatch: pytest.MonkeyPatch) -> FakeBuild:
    fake = FakeBuild()
    monkeypatch.setattr(building, "build", fake)
    monkeypatch.setattr(describing, "load_specs", lambda _project: {fake.spec.id: fake.spec})
    return fake


@pytest.fixture
def scratch(tmp_path: Path) -> Callable[[], Path]:
    """A new folder every time it is asked for."""
    numbers = iter(range(1000))

    def made() -> Path:
        folder = tmp_path / f"scratch{next(numbers)}"
        folder.mkdir()
        return folder

    return made
