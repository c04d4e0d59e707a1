"""A network namespace without any route: what runs in it reaches its own loopback and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

# A new namespace has its loopback down, and `ip` is not installed everywhere: SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP.
_WITH_LOOPBACK = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
    request = struct.pack("16sh14x", b"lo", 0)
    name, flags = struct.unpack("16sh14x", fcntl.ioctl(device, 0x8913, request))
    fcntl.ioctl(device, 0x8914, struct.pack("16sh14x", b"lo", flags | 1))
os.execvp(sys.argv[1], sys.argv[1:])
"""


class NotAllowed(Exception):
    """This machine does not let us make a network namespace; the text says why."""


def isolated() -> list[str]:
    """Return the beginning of a command line that runs the rest of it without a network.

    Raises:
        NotAllowed: if that cannot be done here.
    """
    program = shutil.which("unshare")
    if program is None:
        raise NotAllowed("unshare (util-linux) is not installed")
    # As root without a namespace of users, which containers often forbid; for everybody else with one.
    users = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = [program, "--net", *users, sys.executable, "-c", _WITH_LOOPBACK]
    done = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotAllowed(f"a network namespace of one's own is not allowed here: {done.stderr.strip()}")
    return command
