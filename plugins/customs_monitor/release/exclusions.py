"""What was there for a figure and does not count in it: refused, superseded, withdrawn, displaced, or never sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from customs_monitor.collection.landing import receipts
from customs_monitor.collection.ledger import Event, WithdrawnEvent, events_of_feed
from customs_monitor.collection.records import JudgementRecord, Receipt, Record
from customs_monitor.collection.verdicts import judgement_key, last_judgement, place_of
from customs_monitor.collection.versions import withdrawal_of
from customs_monitor.contracts import Registry
from customs_storage import ObjectNotFound, ObjectStore
from customs_storage.layout import Layout
from customs_storage.manifest import Manifest, ManifestDelivery

ExclusionKind = Literal[
    "missing sender", "refused delivery", "refused rows", "superseded delivery", "displaced synthetic delivery",
    "withdrawn delivery", "delivery without a verdict", "delivery that came too late",
]  # fmt: skip


class Exclusion(Record):
    """Something that does not count.

    Attributes:
        delivery_id, file: empty where nothing was sent.
        rows: how many rows of it do not count; None where that is not known.
        reason: why, with what took its place.
    """

    kind: ExclusionKind
    feed: str
    period: str
    sender: str
    delivery_id: str = ""
    file: str = ""
    rows: int | None = None
    reason: str


@dataclass(frozen=True)
class Exclusions:
    """Finds what a release left out."""

    store: ObjectStore
    layout: Layout
    registry: Registry
    manifest: Manifest

    def of(self, feeds: Sequence[str], period: str, area: str) -> list[Exclusion]:
        """Return what figures of an area and period do not count, in the order of feed, period and sender.

        Args:
            feeds: the feeds that figures come from.
            period: their TIME_PERIOD.
            area: their REF_AREA. Where senders are Member States, only what that one sent is looked at.
        """
        found: list[Exclusion] = []
        for feed in feeds:
            counting = [item for item in self.manifest.deliveries if item.feed == feed]
            periods = {item.period for item in counting if item.period == period} or {item.period for item in counting}
            for each in sorted(periods | {period}):
                found += self._of_period(feed, each, [item for item in counting if item.period == each], area)
        return sorted(found, key=lambda item: (item.feed, item.period, item.sender, item.kind, item.delivery_id))

    def _of_period(
        self, feed: str, period: str, counting: Sequence[ManifestDelivery], area: str
    ) -> Iterator[Exclusion]:
        expected = self.registry.expected_senders(feed, period) if feed in self.registry.feeds else ()
        concerned = {area} if area in expected else None
        senders = {item.sender for item in counting}
        if counting:
            for sender in sorted(set(expected) - senders):
                if concerned is None or sender in concerned:
                    yield Exclusion(
                        kind="missing sender",
                        feed=feed,
                        period=period,
                        sender=sender,
                        reason="is expected and has nothing accepted; it is no zero",
                    )
        revisions = {(item.sender, item.delivery_id): item.revision for item in counting}
        ledgers = events_of_feed(self.store, self.layout, feed, period=period)
        for receipt in receipts(self.store, self.layout, feed=feed, period=period):
            if concerned is not None and receipt.sender not in concerned:
                continue
            revision = revisions.get((receipt.sender, receipt.delivery_id))
            judgement = self._judgement(receipt, revision)
            if revision is None:
                # What was done since the release, whose time has whole seconds, says nothing about it.
                ledger, end = ledgers.get((period, receipt.sender), []), self.manifest.created_at + timedelta(seconds=1)
                done = [event for event in ledger if event.at < end]
                kind, reason = self._why(receipt, judgement, counting, done)
                yield _exclusion(kind, receipt, judgement.rows_read if judgement else None, reason)
            elif judgement is not None and judgement.rows_refused:
                rules = ", ".join(f"{item.rule} x{item.count}" for item in judgement.issues if item.severity == "error")
                yield _exclusion("refused rows", receipt, judgement.rows_refused, rules)

    def _why(
        self,
        receipt: Receipt,
        judgement: JudgementRecord | None,
        counting: Sequence[ManifestDelivery],
        done: Sequence[Event],
    ) -> tuple[ExclusionKind, str]:
        if receipt.received_at > self.manifest.created_at:
            return (
                "delivery that came too late",
                f"received {receipt.received_at:%Y-%m-%d %H:%M} UTC, after the release",
            )
        if judgement is None:
            return "delivery without a verdict", "customs-monitor run judges it"
        if judgement.accepted_sha256 is None:
            rules = ", ".join(f"{item.rule} x{item.count}" for item in judgement.issues if item.severity == "error")
            return "refused delivery", rules or judgement.verdict
        if (withdrawn := withdrawal_of(receipt.delivery_id, done)) is not None:
            said = f": {withdrawn.reason}" if withdrawn.reason else ""
            return "withdrawn delivery", f"withdrawn by its sender on {withdrawn.at:%Y-%m-%d %H:%M} UTC{said}"
        if receipt.synthetic and any(not item.synthetic for item in counting):
            return "displaced synthetic delivery", "there are real deliveries of the feed and period"
        later = [item.delivery_id for item in counting if item.sender == receipt.sender]
        if later:
            return "superseded delivery", f"replaced by {', '.join(later)}"
        # Those that were withdrawn leave nothing in their place, also not what they had replaced.
        taken = {event.delivery_id for event in done if isinstance(event, WithdrawnEvent)} - {receipt.delivery_id}
        gone = sorted(one for one in taken if withdrawal_of(one, done) is not None)
        if gone:
            return "superseded delivery", f"replaced by {', '.join(gone)}, which was withdrawn"
        return "delivery that came too late", "its verdict came after the release was begun"

    def _judgement(self, receipt: Receipt, revision: int | None) -> JudgementRecord | None:
        if revision is None:
            return last_judgement(self.store, self.layout, **place_of(receipt))
        try:
            return JudgementRecord.read(self.store, judgement_key(self.layout, receipt, revision))
        except ObjectNotFound:
            return None


def _exclusion(kind: ExclusionKind, receipt: Receipt, rows: int | None, reason: str) -> Exclusion:
    return Exclusion(
        kind=kind,
        feed=receipt.feed,
        period=receipt.period,
        sender=receipt.sender,
        delivery_id=receipt.delivery_id,
        file=receipt.file,
        rows=rows,
        reason=reason,
    )
