"""The assets that tie feeds and collections to indicators: changed when rows were accepted, or a period closed."""

from __future__ import annotations

from airflow.sdk import Asset, AssetAlias

from customs_monitor.contracts import Contract


def accepted_rows(contract: Contract) -> Asset:
    """Return the asset of a feed's accepted rows."""
    return Asset(name=f"accepted_{contract.id}", uri=f"customs-monitor://accepted/{contract.id}", group="accepted")


def closed(contract: Contract) -> Asset:
    """Return the asset of a collection's closings."""
    return Asset(name=f"closed_{contract.id}", uri=f"customs-monitor://closed/{contract.id}", group="closed")


#: Stands for the assets of the collections that a tick of the clock has closed, which nobody knows before it.
CLOSINGS = AssetAlias(name="closings", group="closed")

#: The release in force.
LATEST_RELEASE = Asset(name="latest_release", uri="customs-monitor://published/latest", group="published")
