"""Stores that several processes share, for tests of the main job as a whole."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import boto3
import pytest

from rigs.processes import free_ports
from support.stores import Stores


@pytest.fixture
def folder_stores(tmp_path: Path) -> Stores:
    """Stores in folders."""
    return Stores((tmp_path / "stores").as_uri())


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    """The URL of a stand-in for S3 in a process of its own, which no kill of a run reaches."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while not _answers(url):
            assert process.poll() is None, f"moto's server ended with {process.returncode}"
            assert time.monotonic() < deadline, "moto's server does not answer"
            time.sleep(0.1)
        yield url
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def moto_stores(moto_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stores:
    """Stores in a fresh bucket of moto's server."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    environment = {
        "AWS_ENDPOINT_URL_S3": moto_server,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "secret-of-nobody",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "absent"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "absent"),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    bucket = f"e2e-{uuid.uuid4().hex}"
    boto3.session.Session().client("s3").create_bucket(Bucket=bucket)
    return Stores(f"s3://{bucket}", environment)


@pytest.fixture
def rgw_stores(request: pytest.FixtureRequest) -> Stores:
    """Stores in a fresh bucket of a real S3 server."""
    bucket = request.getfixturevalue("rgw")
    return Stores(bucket.url, bucket.environment)


def _answers(url: str) -> bool:
    with suppress(URLError, OSError):
        try:
            with urlopen(url, timeout=2):
                return True
        except HTTPError:
            return True
    return False
