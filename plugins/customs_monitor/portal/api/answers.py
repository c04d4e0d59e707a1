"""What the store knows, as documents of the interface."""

from __future__ import annotations

from customs_monitor.collection.explanations import Explanation
from customs_monitor.collection.life import DeliveryLife
from customs_monitor.collection.records import JudgementRecord
from customs_monitor.collection.sending import sent_of
from customs_monitor.collection.upload_check import UploadVerdict, verdict_of
from customs_monitor.collection.uploads import Upload, UploadStatus, status_of
from customs_monitor.portal.api.documents import (
    DeliveryDocument,
    DeliveryName,
    ExplanationDocument,
    RowsDocument,
    UploadDocument,
    VerdictDocument,
)
from customs_monitor.portal.dependencies import Services


def upload_document(services: Services, upload: Upload, status: UploadStatus | None = None) -> UploadDocument:
    """Return an upload with its verdict and what became of it."""
    status = status or status_of(services.store, services.layout, upload)
    verdict = verdict_of(services.store, services.layout, upload)
    sent = sent_of(services.store, services.layout, upload)
    return UploadDocument(
        upload_id=upload.upload_id,
        collection=upload.feed,
        sender=upload.sender,
        period=verdict.period if verdict else upload.period,
        file=upload.file,
        intent=upload.intent,
        size=upload.size,
        received=status.received,
        state=status.state,
        opened_at=upload.opened_at,
        opened_by=upload.user,
        verdict=verdict_document(verdict) if verdict else None,
        members=verdict.members if verdict else (),
        delivery=DeliveryName(
            collection=sent.feed,
            period=sent.period,
            sender=sent.sender,
            delivery_id=sent.delivery_id,
            version=sent.version,
            kind=sent.kind,
        )
        if sent
        else None,
    )


def verdict_document(verdict: UploadVerdict | JudgementRecord) -> VerdictDocument:
    """Return a verdict."""
    return VerdictDocument(
        verdict=verdict.verdict,
        period=verdict.period,
        contract_version=verdict.contract_version,
        rows=RowsDocument(read=verdict.rows_read, accepted=verdict.rows_accepted, refused=verdict.rows_refused),
        issues=verdict.issues,
    )


def delivery_document(life: DeliveryLife) -> DeliveryDocument:
    """Return a version of a delivery."""
    receipt = life.receipt
    return DeliveryDocument(
        collection=receipt.feed,
        period=receipt.period,
        sender=receipt.sender,
        delivery_id=receipt.delivery_id,
        version=life.version,
        state=life.state,
        current=life.current,
        file=receipt.file,
        size=receipt.size,
        sha256=receipt.sha256,
        received_at=receipt.received_at,
        verdict=verdict_document(life.judgement) if life.judgement else None,
        explanations=tuple(explanation_document(item) for item in life.explanations),
        acknowledged=bool(life.acknowledgements),
    )


def explanation_document(item: Explanation) -> ExplanationDocument:
    """Return an explanation, without who wrote it."""
    return ExplanationDocument(
        number=item.number, rule=item.rule, text=item.text, expires_on=item.expires_on, at=item.at
    )
