"""A small synthetic EU that the tests read."""

from __future__ import annotations

from pathlib import Path

import pytest

from customs_monitor.contracts import Registry
from customs_monitor.synth.generate import synthesise


@pytest.fixture(scope="session")
def registry() -> Registry:
    return Registry.load()


@pytest.fixture(scope="session")
def synthetic(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One quarter, all Member States, many defects."""
    out = tmp_path_factory.mktemp("synth") / "eu"
    synthesise(registry, out, seed=7, first="2026-Q1", last="2026-Q1", rows=600, defects=0.3)
    return out
