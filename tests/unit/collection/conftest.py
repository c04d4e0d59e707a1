"""An inbox, a store, and runs over them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from customs_monitor.contracts import Registry
from customs_storage import open_store
from customs_storage.layout import Layout
from support.collection import Collection


@pytest.fixture(scope="session")
def registry() -> Registry:
    return Registry.load()


@pytest.fixture
def make_collection(tmp_path: Path, registry: Registry) -> Callable[[str], Collection]:
    def make(name: str) -> Collection:
        folder = tmp_path / name
        for part in ("inbox", "scratch"):
            (folder / part).mkdir(parents=True)
        return Collection(
            open_store((folder / "store").as_uri()), Layout.load(), registry, folder / "inbox", folder / "scratch"
        )

    return make


@pytest.fixture
def collection(make_collection: Callable[[str], Collection]) -> Collection:
    return make_collection("one")
