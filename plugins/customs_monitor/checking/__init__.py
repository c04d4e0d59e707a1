"""Checking in isolation: a delivery is parsed and judged in a process that cannot hurt the one that asks.

`CheckPool` is the door for services that take files from outside (the portal); `customs-monitor check` and the DAGs
judge in their own process, by the same `preflight` and `judge`.
"""

from customs_monitor.checking.limits import CheckLimits
from customs_monitor.checking.pool import CheckPool
from customs_monitor.checking.results import (
    ArchiveProblem,
    CheckFailed,
    CheckResult,
    Cost,
    Network,
    Unpacked,
    UnpackedFile,
)

__all__ = [
    "ArchiveProblem",
    "CheckFailed",
    "CheckLimits",
    "CheckPool",
    "CheckResult",
    "Cost",
    "Network",
    "Unpacked",
    "UnpackedFile",
]
