"""Bytes to Arrow: streaming readers that keep line numbers and trust no header.

`sniff` looks at the head of a file, `open_table` reads it whole; both are imported from here.
"""

from customs_monitor.intake.errors import IntakeError, IntakeProblem
from customs_monitor.intake.limits import DEFAULT_LIMITS, Limits
from customs_monitor.intake.opening import open_table
from customs_monitor.intake.sniff import Sniffed, sniff
from customs_monitor.intake.table import LINE_NUMBER, RawTable

__all__ = [
    "DEFAULT_LIMITS",
    "LINE_NUMBER",
    "IntakeError",
    "IntakeProblem",
    "Limits",
    "RawTable",
    "Sniffed",
    "open_table",
    "sniff",
]
