"""Where the figures of a table come from: its deliveries, with the verdict on each and the rules it broke."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from customs_monitor.collection.records import JudgementRecord, RuleCount
from customs_monitor.release.behind import behind
from customs_monitor.release.contents import Contents, IndicatorEntry
from customs_monitor.release.explain import Step, lineage
from customs_storage.manifest import Manifest, ManifestDelivery

#: Deliveries that a page lists; the manifest has all.
SHOWN = 60
_Place = tuple[str, str, str, str]


@dataclass(frozen=True)
class Delivered:
    """A delivery with what was found in it; `verdict` is empty where no record of it is left."""

    delivery: ManifestDelivery
    verdict: str
    rows_accepted: int
    rows_refused: int
    issues: tuple[RuleCount, ...]


@dataclass(frozen=True)
class Origin:
    """What the figures of a table rest on.

    Attributes:
        deliveries: the last periods first; no more than a page can show.
        number: of all deliveries.
        feeds: ids of the feeds, in the order of the deliveries.
        steps: the models on the way, from the table down to the accepted rows.
    """

    deliveries: tuple[Delivered, ...]
    number: int
    synthetic: int
    feeds: tuple[str, ...]
    steps: tuple[Step, ...]


class Origins:
    """Finds what figures come from, for all tables of a release."""

    def __init__(
        self, manifest: Manifest, contents: Contents, verdicts: Mapping[str, Sequence[JudgementRecord]]
    ) -> None:
        self._manifest, self._contents = manifest, contents
        self._verdicts: dict[_Place, JudgementRecord] = {
            (item.feed, item.period, item.sender, item.delivery_id): item
            for found in verdicts.values()
            for item in found
        }

    def of_indicator(self, entry: IndicatorEntry, periods: Iterable[str]) -> Origin:
        """Return the origin of an indicator's figures for some periods."""
        found: dict[_Place, ManifestDelivery] = {}
        for period in periods:
            for item in behind(self._manifest.deliveries, entry, period):
                found[(item.feed, item.period, item.sender, item.delivery_id)] = item
        assert entry.spec is not None
        return self._origin(list(found.values()), entry.spec.table)

    def of_feeds(self, feeds: Sequence[str], table: str) -> Origin:
        """Return the origin of a table that rests on all deliveries of some feeds."""
        return self._origin([item for item in self._manifest.deliveries if item.feed in feeds], table)

    def is_synthetic(self, entry: IndicatorEntry, period: str) -> bool:
        """Tell whether figures of a period rest on any made-up delivery."""
        return any(item.synthetic for item in behind(self._manifest.deliveries, entry, period))

    def _origin(self, deliveries: Sequence[ManifestDelivery], table: str) -> Origin:
        ordered = sorted(deliveries, key=lambda item: (item.feed, item.sender))
        ordered.sort(key=lambda item: item.period, reverse=True)
        return Origin(
            tuple(self._delivered(item) for item in ordered[:SHOWN]),
            len(ordered),
            sum(item.synthetic for item in ordered),
            tuple(sorted({item.feed for item in ordered})),
            tuple(lineage(self._contents, table)),
        )

    def _delivered(self, item: ManifestDelivery) -> Delivered:
        record = self._verdicts.get((item.feed, item.period, item.sender, item.delivery_id))
        if record is None:
            return Delivered(item, "", 0, 0, ())
        verdict = record.verdict.replace("_", " ")
        return Delivered(item, verdict, record.rows_accepted, record.rows_refused, record.issues)
