"""A record of every attempt of a process to reach beyond this machine, kept by Python itself.

Written as `sitecustomize` into a folder on PYTHONPATH, it is loaded by every Python process before anything else. Names
that are looked up count as attempts, for a look-up asks a server; the machine's own name does not.
"""

from __future__ import annotations

import os
from pathlib import Path

LOG_VARIABLE = "TEST_NETWORK_LOG"

_SITECUSTOMIZE = f"""
import os, socket, sys

_LOCAL = ("", "localhost", "0.0.0.0", "::", "::1", socket.gethostname())

def _is_local(host):
    return host is None or str(host) in _LOCAL or str(host).startswith("127.")

def _audit(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a path is a Unix socket
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = arguments[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not _is_local(host):
        with open(os.environ["{LOG_VARIABLE}"], "a") as log:
            log.write(f"{{event}} {{host}} by {{sys.argv[:3]}}\\n")

sys.addaudithook(_audit)
"""


def audited(folder: Path) -> tuple[dict[str, str], Path]:
    """Return the environment of a process that is to be audited, and the file where its attempts will be."""
    modules, log = folder / "audit", folder / "attempts.log"
    modules.mkdir(parents=True)
    (modules / "sitecustomize.py").write_text(_SITECUSTOMIZE)
    paths = [str(modules), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), LOG_VARIABLE: str(log)}, log
