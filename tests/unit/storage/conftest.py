"""One store of each kind, for the tests that hold every store to the same promises."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from customs_storage import ObjectStore, open_store

ON_RGW = pytest.param("rgw", marks=pytest.mark.rig)


@pytest.fixture(params=["local", "moto", ON_RGW])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """An empty store: a folder, a bucket of moto in this process, a bucket of a real server."""
    if request.param == "local":
        yield open_store(tmp_path / "store")
    elif request.param == "moto":
        request.getfixturevalue("aws_variables")
        with mock_aws():
            boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="bucket")
            yield open_store("s3://bucket/some/prefix")
    else:
        yield open_store(f"{request.getfixturevalue('rgw').url}/some/prefix")


@pytest.fixture
def aws_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Credentials of nobody, and no file of the machine's user."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-nobody")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "absent"))


@dataclass(frozen=True)
class SharedStore:
    """A store that child processes open too."""

    url: str
    environment: dict[str, str]

    def open(self) -> ObjectStore:
        return open_store(self.url)


@pytest.fixture(params=["local", ON_RGW])
def shared_store(request: pytest.FixtureRequest, tmp_path: Path) -> SharedStore:
    """An empty store for several processes."""
    if request.param == "local":
        return SharedStore((tmp_path / "store").as_uri(), {})
    bucket = request.getfixturevalue("rgw")
    return SharedStore(f"{bucket.url}/shared", bucket.environment)
