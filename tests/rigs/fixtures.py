"""The rigs as fixtures: servers that run for the session and hand every test something fresh.

A test that uses one must be marked `rig`; see the markers in `pyproject.toml`.
"""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
import sqlalchemy

from rigs import ceph, postgres


@dataclass(frozen=True)
class Bucket:
    """A fresh bucket on a real S3 server."""

    name: str
    server: ceph.S3Server

    @property
    def url(self) -> str:
        return f"s3://{self.name}"

    @property
    def environment(self) -> dict[str, str]:
        """The AWS variables by which a child process finds it."""
        return self.server.environment


@pytest.fixture(scope="session")
def s3_server() -> Iterator[ceph.S3Server]:
    """Ceph's RADOS Gateway, for the whole session."""
    with _short_folder("rgw-") as folder, ceph.running(folder) as server:
        yield server


@pytest.fixture
def rgw(s3_server: ceph.S3Server, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A fresh bucket on the gateway; the AWS variables of this process point to it for the test."""
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    bucket = Bucket(f"rig-{uuid.uuid4().hex}", s3_server)
    boto3.session.Session().client("s3").create_bucket(Bucket=bucket.name)
    return bucket


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[sqlalchemy.URL]:
    """PostgreSQL, for the whole session."""
    with _short_folder("pg-") as folder, postgres.running(folder) as url:
        yield sqlalchemy.make_url(url)


@pytest.fixture
def postgres_url(postgres_server: sqlalchemy.URL) -> str:
    """The URL of an empty PostgreSQL database, for SQLAlchemy and psycopg2."""
    database = f"rig_{uuid.uuid4().hex}"
    server = postgres_server.set(drivername="postgresql+psycopg2")
    engine = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"CREATE DATABASE {database}"))
    engine.dispose()
    return server.set(database=database).render_as_string(hide_password=False)


@contextmanager
def _short_folder(prefix: str) -> Iterator[Path]:
    # pytest's own temporary folders can be too long for the path of a Unix socket.
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
