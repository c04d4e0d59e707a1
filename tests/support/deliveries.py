"""Deliveries as their records alone, for what looks at who has sent and when."""

from __future__ import annotations

from datetime import datetime

from customs_monitor.collection.records import JudgementRecord, Receipt, RuleCount, Verdict
from customs_monitor.collection.verdicts import judgement_key
from customs_storage import ObjectStore
from customs_storage.layout import Layout

LAYOUT = Layout.load()
_BROKEN = RuleCount(code="CONTROLS_WITHIN_HITS", rule="controls_within_hits", severity="warning", level=1, count=1)


def received(
    store: ObjectStore,
    feed: str,
    period: str,
    sender: str,
    at: datetime,
    version: int = 1,
    *,
    synthetic: bool = False,
) -> Receipt:
    """Store the receipt of a delivery, as landing does; `version` makes its bytes others."""
    digest = f"{version:04x}{'5' if synthetic else 'a'}{'0' * 59}"
    receipt = Receipt(
        feed=feed,
        period=period,
        sender=sender,
        delivery_id=digest[:16],
        file=f"{feed}_{sender}.csv",
        sha256=digest,
        size=1,
        received_at=at,
        sequence=version,
        layout="template_csv",
        fits=True,
        origin=f"inbox/{feed}/{feed}_{sender}.csv",
        synthetic=synthetic,
    )
    store.put(
        LAYOUT.key("receipt", feed=feed, period=period, sender=sender, delivery_id=receipt.delivery_id),
        receipt.to_bytes(),
    )
    return receipt


def judged(store: ObjectStore, receipt: Receipt, verdict: Verdict = "accepted") -> None:
    """Store the verdict on a delivery, as judging does; one rule is broken where it is not plainly accepted."""
    place = {
        "feed": receipt.feed,
        "period": receipt.period,
        "sender": receipt.sender,
        "delivery_id": receipt.delivery_id,
    }
    refused = verdict == "refused"
    record = JudgementRecord(
        **place,
        contract_version="1.0.0",
        verdict=verdict,
        rows_read=1,
        rows_accepted=0 if refused else 1,
        rows_refused=1 if refused else 0,
        rows_skipped=0,
        issues=() if verdict == "accepted" else (_BROKEN,),
        accepted_sha256=None if refused else "0" * 64,
    )
    store.put(LAYOUT.key("judgement", **place), record.to_bytes())


def judged_again(store: ObjectStore, receipt: Receipt, verdict: Verdict, revision: int = 2) -> None:
    """Store a later verdict on a delivery, as judging again does."""
    first = JudgementRecord.read(store, judgement_key(LAYOUT, receipt))
    refused = verdict == "refused"
    record = first.model_copy(
        update={"verdict": verdict, "accepted_sha256": None if refused else "0" * 64, "revision": revision}
    )
    store.put(judgement_key(LAYOUT, receipt, revision), record.to_bytes())


def delivered(
    store: ObjectStore,
    feed: str,
    period: str,
    sender: str,
    at: datetime,
    version: int = 1,
    *,
    verdict: Verdict = "accepted",
    synthetic: bool = False,
) -> Receipt:
    """Store a delivery with its verdict."""
    receipt = received(store, feed, period, sender, at, version, synthetic=synthetic)
    judged(store, receipt, verdict)
    return receipt
