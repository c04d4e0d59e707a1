"""How the zygote begins: it leaves the network, and only then loads anything.

Run as a script by `CheckPool`. It imports nothing of the platform before, since the libraries start threads, and a
process with threads cannot enter a user namespace.

Call: `python -I zygote_start.py CHANNEL LIMITS`, a socket that it inherits and `CheckLimits` as JSON.
"""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path

# From <sched.h>; part of the kernel's interface, which does not change. Python knows them from 3.12 on.
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000


def leave_network() -> str:
    """Move this process and all it will start to a network namespace of its own, which has no interface that is up.

    Returns:
        `isolated` or `not isolated`.

    Root may do that; anybody else needs a user namespace first, which some systems forbid. Call it while the process
    has one thread: a user namespace cannot be entered with more.
    """
    libc = ctypes.CDLL(None)
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWNET) == 0:
        return "isolated"
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return "not isolated"
    with suppress(OSError):  # without a map the user has no name here; files are opened all the same
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    return "isolated"


if __name__ == "__main__":
    _, channel, limits = sys.argv
    network = leave_network()
    from customs_monitor.checking.zygote import serve

    serve(int(channel), limits, network)
