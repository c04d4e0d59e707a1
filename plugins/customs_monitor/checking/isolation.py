"""What the kernel takes from a process before it looks at a stranger's file.

Python has no words for `prctl`, so libc is called by its name.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from contextlib import suppress
from pathlib import Path

from customs_monitor.checking.limits import CheckLimits

# From <sys/prctl.h>; part of the kernel's interface, which does not change.
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38

#: Seconds of processor time between the signal that tells and the one that kills.
_CPU_GRACE = 5

_libc = ctypes.CDLL(None, use_errno=True)


def renounce() -> None:
    """Take from this process and its children, for good, what they could gain by starting a set-uid program."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def die_with(parent: int) -> None:
    """Let the kernel kill this process when its parent dies.

    Args:
        parent: the process id of the parent; where it has died already, this process ends at once.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def limit_resources(limits: CheckLimits, tasks: int) -> None:
    """Bound this process and those it starts.

    Args:
        limits: the bounds.
        tasks: processes and threads that the user has already, which RLIMIT_NPROC counts, too.
    """
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_NPROC, tasks + limits.processes),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_AS, limits.address_space),
    ):
        _, hard = resource.getrlimit(kind)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        # At the hard limit of processor time the kernel kills; at the soft one it says why.
        grace = _CPU_GRACE if kind == resource.RLIMIT_CPU and hard == resource.RLIM_INFINITY else 0
        resource.setrlimit(kind, (bound, bound + grace))
    # Python ignores the signal; a job that writes too much is to end by it.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    with suppress(OSError):  # first to go where the machine itself runs short of memory
        Path("/proc/self/oom_score_adj").write_text("1000")


def tasks_of_user() -> int:
    """Count the processes and threads of this process's user."""
    count = 0
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with suppress(OSError):  # it may end meanwhile
                if process.stat().st_uid == os.getuid():
                    count += sum(1 for _ in (process / "task").iterdir())
    return count


def anonymous_memory(process: int) -> int:
    """Return the anonymous memory, in bytes, of a process and of those it has started; 0 where it has ended.

    Anonymous: what it has allocated, without libraries and files that the kernel can drop. Pages still shared with
    the zygote count, so that the sum is rather too high.
    """
    total = 0
    for one in (process, *_children(process)):
        with suppress(OSError):
            status = Path(f"/proc/{one}/status").read_bytes()
            _, _, rest = status.partition(b"RssAnon:")
            if rest:
                total += int(rest.split(None, 1)[0]) * 1024
    return total


def _children(process: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            with suppress(OSError):
                found += [int(child) for child in (task / "children").read_bytes().split()]
    return found


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
