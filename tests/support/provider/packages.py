"""npm's `oidc-provider`, for the tests of signing in: `python packages.py` installs what `package-lock.json` locks."""

from __future__ import annotations

import sys
from pathlib import Path

from customs_monitor.release.site.npm import NpmFailed, NpmPackages

PACKAGES = NpmPackages(Path(__file__).parent, "provider", "oidc-provider/package.json")


def main() -> int:
    """Install what is missing; tell why where that fails, but never fail: the tests that need it are skipped."""
    if not PACKAGES.is_installed():
        try:
            PACKAGES.install()
        except NpmFailed as error:
            print(f"Tests of signing in at a provider will be skipped: {error}.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
