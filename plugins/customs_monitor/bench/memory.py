"""Peak memory of a process."""

from __future__ import annotations

from pathlib import Path


def peak_kib() -> int:
    """Return the peak resident memory; `getrusage` would count the parent's, which lives on across exec."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))
