"""Servers of the rigs: started in a folder of their own, watched while they start, ended with the session."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest


class RigError(RuntimeError):
    """A server of a rig did not start; the message ends with the end of its log."""


class Processes:
    """The processes of one rig, each in a session of its own, ended last first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def start(self, name: str, command: Sequence[str | Path], user: str | None = None) -> None:
        with self.log(name).open("ab") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, user=user, cwd="/"
            )
        self._running.append((name, process))

    def run(self, name: str, command: Sequence[str | Path], *, seconds: float = 60, user: str | None = None) -> str:
        """Run a command to its end and return what it prints."""
        with self.log(name).open("ab") as log:
            try:
                done = subprocess.run(
                    command, stdout=subprocess.PIPE, stderr=log, timeout=seconds, user=user, cwd="/", check=False
                )
            except subprocess.TimeoutExpired:
                raise RigError(f"{command[0]} took more than {seconds:g} s\n{self.tails()}") from None
            log.write(done.stdout)
        if done.returncode:
            raise RigError(f"{' '.join(map(str, command))} ended with {done.returncode}\n{self.tails()}")
        return done.stdout.decode()

    def wait_until(self, what: str, ready: Callable[[], bool], *, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            for name, process in self._running:
                if process.poll() is not None:
                    raise RigError(f"{name} ended with {process.returncode} before {what}\n{self.tails()}")
            if time.monotonic() > deadline:
                raise RigError(f"{what} did not come true in {seconds:g} s\n{self.tails()}")
            time.sleep(0.1)

    def tails(self) -> str:
        parts = []
        for log in sorted(self.folder.glob("*.log")):
            lines = log.read_text("utf-8", "replace").splitlines()[-25:]
            parts.append("\n".join([f"--- end of {log.name}", *lines]))
        return "\n".join(parts)

    def stop(self) -> None:
        for _, process in reversed(self._running):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        self._running.clear()


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback that were free just now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def require_debian(commands: Sequence[str], packages: Sequence[str]) -> None:
    """Install Debian's packages if a command of theirs is missing; skip the test where that is not possible."""
    if all(map(shutil.which, commands)):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        pytest.skip(f"needs Debian's packages {' '.join(packages)}: install them, or run as root where apt-get is")
    with (Path(tempfile.gettempdir()) / "rigs-packages.lock").open("w") as lock:
        # Two workers of pytest-xdist may both be here: apt-get does not wait for itself.
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install(packages)


def _install(packages: Sequence[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages]
    for command in (["apt-get", "update", "-q"], install):
        done = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, check=False
        )
        if done.returncode:
            end = done.stdout.decode("utf-8", "replace")[-1500:]
            pytest.skip(f"{' '.join(command)} ended with {done.returncode}: {end}")
