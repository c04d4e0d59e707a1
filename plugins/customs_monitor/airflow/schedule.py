"""When DAGs run by themselves, and how much of the machine a build takes."""

from __future__ import annotations

import os

from customs_monitor.settings import BUILD_SLOTS_VARIABLE, ON_DEMAND_VARIABLE


def unless_on_demand(cron: str) -> str | None:
    """Return the schedule, or None where DAGs run only when asked (the embedded Airflow of `make run`)."""
    return None if os.environ.get(ON_DEMAND_VARIABLE) else cron


def build_slots() -> int:
    """Return how many slots of its pool a build takes.

    The embedded Airflow gives it all there are: it then starts when no feed is at work, and one build sees everything
    that has arrived together.
    """
    return int(os.environ.get(BUILD_SLOTS_VARIABLE, "1"))
