"""The assets that tie feeds to indicators: one per feed, changed when rows were accepted."""

from __future__ import annotations

from airflow.sdk import Asset

from customs_monitor.contracts import Contract


def accepted_rows(contract: Contract) -> Asset:
    """Return the asset of a feed's accepted rows."""
    return Asset(name=f"accepted_{contract.id}", uri=f"customs-monitor://accepted/{contract.id}", group="accepted")


#: The release in force.
LATEST_RELEASE = Asset(name="latest_release", uri="customs-monitor://published/latest", group="published")
