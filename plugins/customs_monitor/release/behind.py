"""Which deliveries are behind the figures of an indicator."""

from __future__ import annotations

from collections.abc import Sequence

from customs_monitor.contracts.periods import SEVERAL, alike
from customs_monitor.release.contents import IndicatorEntry
from customs_storage.manifest import ManifestDelivery


def behind(deliveries: Sequence[ManifestDelivery], entry: IndicatorEntry, period: str) -> list[ManifestDelivery]:
    """Return the deliveries of an indicator's feeds for a period: those of it and those that span several.

    Where a feed has none of these, its figures come from periods of another kind (an average of months, say): all such
    are returned. One that delivers by cycle and has not delivered for this one gives nothing to its figures.
    """
    found = []
    for feed in entry.feeds:
        of_feed = [delivery for delivery in deliveries if delivery.feed == feed]
        found += [delivery for delivery in of_feed if delivery.period in (period, SEVERAL)] or [
            delivery for delivery in of_feed if not alike(delivery.period, period)
        ]
    return found
