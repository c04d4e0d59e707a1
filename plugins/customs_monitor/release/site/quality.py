"""What the checks found, feed by feed, for the page on data quality."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from customs_monitor.collection.records import JudgementRecord
from customs_monitor.collection.verdicts import judgements
from customs_monitor.contracts import Contract, Registry
from customs_storage import ObjectStore
from customs_storage.layout import Layout

#: A place of a rule's message that is filled with the value of a column.
_PLACE = re.compile(r"\{(\w+)\}")
_SEVERITIES = ("error", "warning", "information")


@dataclass(frozen=True)
class BrokenRule:
    """A rule that rows of a feed have broken; `meaning` is what it asks for, or what it tells the sender."""

    code: str
    rule: str
    severity: str
    meaning: str
    count: int
    deliveries: int


@dataclass(frozen=True)
class FeedQuality:
    """A feed's deliveries and what was found in them."""

    id: str
    name: str
    source_system: str
    verdicts: Mapping[str, int]
    rows_read: int
    rows_accepted: int
    rows_refused: int
    rules: Sequence[BrokenRule]

    @property
    def deliveries(self) -> int:
        """How many were judged."""
        return sum(self.verdicts.values())


def judged(store: ObjectStore, layout: Layout, registry: Registry) -> dict[str, list[JudgementRecord]]:
    """Return the verdicts on every delivery ever judged, the refused and superseded ones included, by feed."""
    return {feed: list(judgements(store, layout, feed)) for feed in sorted(registry.feeds)}


def feed_qualities(registry: Registry, verdicts: Mapping[str, Sequence[JudgementRecord]]) -> list[FeedQuality]:
    """Return what was found in the deliveries, by feed.

    Args:
        registry: the contracts.
        verdicts: of the deliveries, by feed.
    """
    return [_quality(registry.feeds[feed], registry, found) for feed, found in verdicts.items()]


def _quality(contract: Contract, registry: Registry, judged: Sequence[JudgementRecord]) -> FeedQuality:
    counts: dict[tuple[str, str, str], list[int]] = {}
    for record in judged:
        for issue in record.issues:
            counts.setdefault((issue.severity, issue.code, issue.rule), []).append(issue.count)
    rules = [
        BrokenRule(code, rule, severity, _meaning(contract, registry, code, rule), sum(found), len(found))
        for (severity, code, rule), found in counts.items()
    ]
    return FeedQuality(
        id=contract.id,
        name=contract.name,
        source_system=contract.sourceSystem,
        verdicts={
            verdict: sum(record.verdict == verdict for record in judged)
            for verdict in ("accepted", "accepted_with_warnings", "refused")
        },
        rows_read=sum(record.rows_read for record in judged),
        rows_accepted=sum(record.rows_accepted for record in judged),
        rows_refused=sum(record.rows_refused for record in judged),
        rules=sorted(rules, key=lambda rule: (_SEVERITIES.index(rule.severity), -rule.count, rule.rule)),
    )


def _meaning(contract: Contract, registry: Registry, code: str, rule: str) -> str:
    for quality in contract.schema_.quality:
        if quality.id == rule:
            return _PLACE.sub(lambda found: f"[{_in_words(found.group(1), registry)}]", quality.message)
    return registry.rules[code].title if code in registry.rules else ""


def _in_words(column: str, registry: Registry) -> str:
    return registry.concepts[column].label.lower() if column in registry.concepts else column.replace("_", " ")
