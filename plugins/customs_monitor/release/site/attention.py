"""What a reader of a release should look at before quoting it: who is missing, what is not final, what is odd."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from customs_monitor.contracts import Registry
from customs_monitor.contracts.periods import SEVERAL
from customs_monitor.release.contents import Contents, IndicatorEntry
from customs_monitor.release.site.observations import Coverage, Observations
from customs_storage.manifest import Manifest


@dataclass(frozen=True)
class FeedCoverage:
    """Who delivered a feed for a period, by code of the sender."""

    feed: str
    period: str
    delivered: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def expected(self) -> int:
        """How many were expected; a sender that was not and delivered all the same counts, too."""
        return len(self.delivered) + len(self.missing)


@dataclass(frozen=True)
class Attention:
    """What needs attention in a release.

    Attributes:
        missing: of each feed the last period that anybody delivered, and later ones, where some sender has not.
        provisional: indicators whose last figure is not final.
        low: indicators whose last figure rests on fewer senders than their threshold asks for.
        awaiting: indicators without public figures, by the reason.
        synthetic: indicators that rest on made-up deliveries.
        warnings: names of the tests on the tables that warn, with their rows.
        findings: how many oddities were found across deliveries.
    """

    missing: tuple[FeedCoverage, ...]
    provisional: tuple[IndicatorEntry, ...]
    low: tuple[tuple[IndicatorEntry, Coverage], ...]
    awaiting: Mapping[str, Sequence[IndicatorEntry]]
    synthetic: tuple[IndicatorEntry, ...]
    warnings: tuple[tuple[str, int], ...]
    findings: int


def feed_coverages(registry: Registry, manifest: Manifest) -> list[FeedCoverage]:
    """Return who delivered, by feed and period, the last period of each feed first.

    A period of a collection that has closed is there, also where nobody delivered.
    """
    delivered: dict[tuple[str, str], set[str]] = {}
    for item in manifest.deliveries:
        if item.period != SEVERAL and item.feed in registry.feeds:
            delivered.setdefault((item.feed, item.period), set()).add(item.sender)
    for closing in manifest.closings:
        delivered.setdefault((closing.feed, closing.period), set())
    found = []
    for (feed, period), senders in delivered.items():
        missing = set(registry.expected_senders(feed, period)) - senders
        found.append(FeedCoverage(feed, period, tuple(sorted(senders)), tuple(sorted(missing))))
    return sorted(sorted(found, key=lambda item: item.period, reverse=True), key=lambda item: item.feed)


def attention(contents: Contents, seen: Iterable[Observations], coverages: Iterable[FeedCoverage]) -> Attention:
    """Return what needs attention.

    Args:
        contents: of the release.
        seen: the observations of the published indicators.
        coverages: who delivered.
    """
    seen = list(seen)
    latest: dict[str, list[FeedCoverage]] = {}
    for item in coverages:
        if not any(later.delivered for later in latest.setdefault(item.feed, [])):
            latest[item.feed].append(item)
    awaiting: dict[str, list[IndicatorEntry]] = {}
    for entry in contents.indicators:
        if entry.state != "published":
            awaiting.setdefault(entry.reason, []).append(entry)
    return Attention(
        missing=tuple(item for found in latest.values() for item in found if item.missing),
        provisional=tuple(item.entry for item in seen if item.is_provisional),
        low=tuple((item.entry, item.coverage[0]) for item in seen if item.coverage and item.coverage[0].low),
        awaiting=awaiting,
        synthetic=tuple(entry for entry in contents.published if entry.synthetic),
        warnings=tuple((check.name, check.failures) for check in contents.checks if check.status == "warn"),
        findings=len(contents.findings),
    )
