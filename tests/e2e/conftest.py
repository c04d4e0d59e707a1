"""Stores that several processes share, for tests of the main job as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.stores import Stores


@pytest.fixture
def folder_stores(tmp_path: Path) -> Stores:
    """Stores in folders."""
    return Stores((tmp_path / "stores").as_uri())


@pytest.fixture
def rgw_stores(request: pytest.FixtureRequest) -> Stores:
    """Stores in a fresh bucket of a real S3 server."""
    bucket = request.getfixturevalue("rgw")
    return Stores(bucket.url, bucket.environment)
