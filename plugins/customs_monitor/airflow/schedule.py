"""When DAGs run by themselves."""

from __future__ import annotations

import os

from customs_monitor.settings import ON_DEMAND_VARIABLE


def unless_on_demand(cron: str) -> str | None:
    """Return the schedule, or None where DAGs run only when asked (the embedded Airflow of `make run`)."""
    return None if os.environ.get(ON_DEMAND_VARIABLE) else cron
