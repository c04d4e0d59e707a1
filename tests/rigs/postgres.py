"""A throw-away PostgreSQL on the loopback, from Debian's packages."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rigs.processes import Processes, free_ports, require_debian

_INSTALLED = Path("/usr/lib/postgresql")
_SUPERUSER = "rig"


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run a server on a free port as long as the context lasts.

    Args:
        folder: an empty folder for data, socket and log; short, a socket's path has 107 bytes at most.

    Yields:
        The URL of its database for maintenance, with user and password, as SQLAlchemy and libpq read it.
    """
    if not (programs := _programs()):
        require_debian(["initdb"], ["postgresql"])
        programs = _programs()
    if not programs:
        pytest.skip(f"Debian's package postgresql has no initdb below {_INSTALLED}")
    user = _unprivileged_user()
    password, (port,) = uuid.uuid4().hex, free_ports(1)
    secret = folder / "password"
    secret.write_text(password)
    if user:
        for path in (folder, secret):
            shutil.chown(path, user)
    processes = Processes(folder)
    data = folder / "data"
    setup = ["--username", _SUPERUSER, "--pwfile", secret, "--auth", "scram-sha-256", "--encoding", "UTF8", "--no-sync"]
    try:
        processes.run("initdb", [programs / "initdb", "-D", data, "--locale", "C.UTF-8", *setup], user=user)
        # No fsync: nothing here outlives the session.
        options = ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", f"unix_socket_directories={folder}"]
        processes.start("postgres", [programs / "postgres", "-D", data, "-p", str(port), *options], user=user)
        processes.wait_until("PostgreSQL answers", lambda: _answers(programs, port))
        yield f"postgresql://{_SUPERUSER}:{password}@127.0.0.1:{port}/postgres"
    finally:
        processes.stop()


def _programs() -> Path | None:
    """Return the folder of the newest installed version's programs, which Debian keeps off the PATH."""
    versions = sorted(_INSTALLED.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root: use the user that the package made for it."""
    return pwd.getpwnam("postgres").pw_name if os.geteuid() == 0 else None


def _answers(programs: Path, port: int) -> bool:
    command = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    return subprocess.run(command, check=False, cwd="/").returncode == 0
