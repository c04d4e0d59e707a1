"""The front-end packages of the site: installed with the environment, never committed, and the site does without them.

`python -m customs_monitor.release.site.frontend` installs what `frontend/package-lock.json` locks.

The styles of the European Commission's component library come compiled in `@ecl/preset-ec`; the lock leaves out the
sources they were compiled from, some ninety packages that nothing here reads.
"""

from __future__ import annotations

import sys
from pathlib import Path

from customs_monitor.release.site.npm import NpmFailed, NpmPackages

_STYLES = "@ecl/preset-ec"
_PROOF = "dist/styles/ecl-ec.css"
_AXE = "axe-core"
PACKAGES = NpmPackages(Path(__file__).parent / "frontend", "frontend", f"{_STYLES}/{_PROOF}")


def styles() -> Path | None:
    """Return the folder of the component library's package, None where it is not installed."""
    return PACKAGES.package(_STYLES, _PROOF)


def axe() -> Path | None:
    """Return axe-core's script, which only tests use; None where it is not installed."""
    package = PACKAGES.package(_AXE, "axe.min.js")
    return package / "axe.min.js" if package else None


def main() -> int:
    """Install what is missing; tell why where that fails, but never fail: the site has a plain style of its own."""
    if PACKAGES.is_installed():
        return 0
    try:
        PACKAGES.install()
    except NpmFailed as error:
        print(  # noqa: T201
            f"The site will have its plain style: {error}. Repeat make install when the npm registry answers.",
            file=sys.stderr,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
