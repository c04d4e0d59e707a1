"""When DAGs run by themselves, and how much of the machine a build takes."""

from __future__ import annotations

import os
from collections.abc import Sequence

from airflow.sdk import Asset, AssetAny, AssetOrTimeSchedule, CronTriggerTimetable

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


def any_of_or_daily(assets: Sequence[Asset], cron: str) -> AssetAny | AssetOrTimeSchedule:
    """Return the schedule of what rests on any of the assets.

    The daily look is for what no event tells: a run that was killed after the last verdict, or a change of the code.
    """
    any_of = AssetAny(*assets)
    if os.environ.get(ON_DEMAND_VARIABLE):
        return any_of
    return AssetOrTimeSchedule(timetable=CronTriggerTimetable(cron, timezone="UTC"), assets=any_of)
