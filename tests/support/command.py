"""`customs-monitor` as a process of its own, whatever the working directory and PATH are."""

from __future__ import annotations

import sys

#: The command; its arguments follow.
CUSTOMS_MONITOR = (sys.executable, "-c", "from customs_monitor.cli import main; main()")
