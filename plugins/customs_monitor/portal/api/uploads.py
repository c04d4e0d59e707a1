"""Uploads: open, send bytes in parts that can be resumed, have them judged, confirm or discard."""

from __future__ import annotations

import io
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from customs_monitor.collection.nil_return import nil_file
from customs_monitor.collection.preview import Preview
from customs_monitor.collection.sending import confirm
from customs_monitor.collection.upload_bytes import PART, complete, keep_file, put_part, received
from customs_monitor.collection.upload_check import verdict_of
from customs_monitor.collection.uploads import (
    Upload,
    UploadConflict,
    UploadError,
    WrongOffset,
    derived_id,
    discard,
    open_upload,
    uploads_of,
)
from customs_monitor.portal.api.answers import upload_document
from customs_monitor.portal.api.asking import SenderDep, authorise_feed
from customs_monitor.portal.api.documents import Completion, NewNilReturn, NewUpload, UploadDocument, UploadId
from customs_monitor.portal.auth.roles import Action, User, may
from customs_monitor.portal.dependencies import Services, ServicesDep, UserDep, WorkDep
from customs_monitor.portal.places import is_period_of, own_upload, preview_of
from customs_monitor.portal.problem import Problem

router = APIRouter(tags=["uploads"])

_OFFSET = "Upload-Offset"
_LENGTH = "Upload-Length"
_COMPLETE = "Upload-Complete"

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=200,
        description="Of the caller's choice: the same key and document again give the same upload.",
    ),
]


def _upload(services: ServicesDep, user: UserDep, sender: SenderDep, upload_id: UploadId) -> Upload:
    return own_upload(services, user, Action.see, sender, upload_id)


OwnUpload = Annotated[Upload, Depends(_upload)]


@router.post("/uploads", status_code=HTTPStatus.CREATED)
def open_new_upload(
    services: ServicesDep,
    user: UserDep,
    sender: SenderDep,
    document: NewUpload,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> UploadDocument:
    """Open an upload; its bytes follow by PATCH."""
    authorise_feed(services, user, _needed(document.intent), document.collection)
    _check_period(services, document.collection, document.period)
    if document.size is not None and document.size > services.settings.largest_upload:
        raise _too_large(services)
    upload = _opened(
        services,
        user,
        sender,
        collection=document.collection,
        file=document.file,
        period=document.period,
        size=document.size,
        sha256=document.sha256,
        intent=document.intent,
        key=idempotency_key,
    )
    response.headers["Location"] = f"/api/v1/uploads/{upload.upload_id}"
    return upload_document(services, upload)


@router.post("/nil-returns", status_code=HTTPStatus.CREATED)
def send_nil_return(
    services: ServicesDep,
    user: UserDep,
    sender: SenderDep,
    document: NewNilReturn,
    response: Response,
    work: WorkDep,
    idempotency_key: IdempotencyKey = None,
) -> UploadDocument:
    """Say that there is nothing to report: the template's nil row as an upload that is complete."""
    authorise_feed(services, user, _needed(document.intent), document.collection)
    _check_period(services, document.collection, document.period)
    content = nil_file(services.registry.feeds[document.collection], services.registry, document.period, sender)
    upload = _opened(
        services,
        user,
        sender,
        collection=document.collection,
        file=f"{document.collection}-{document.period}-{sender}-nil.csv",
        period=document.period,
        size=len(content),
        sha256=None,
        intent=document.intent,
        key=idempotency_key,
    )
    keep_file(services.store, services.layout, upload, io.BytesIO(content))
    work.wake(upload)
    response.headers["Location"] = f"/api/v1/uploads/{upload.upload_id}"
    return upload_document(services, upload)


@router.get("/uploads")
def list_uploads(services: ServicesDep, user: UserDep, sender: SenderDep) -> list[UploadDocument]:
    """List the uploads that are kept, the latest first."""
    return [
        upload_document(services, status.upload, status)
        for status in uploads_of(services.store, services.layout, sender)
        if may(user, Action.see, sender, status.upload.feed)
    ]


@router.get("/uploads/{upload_id}")
def get_upload(services: ServicesDep, upload: OwnUpload) -> UploadDocument:
    """Return an upload: how far it is, then its verdict, then what became of it."""
    return upload_document(services, upload)


@router.head("/uploads/{upload_id}")
def get_offset(services: ServicesDep, upload: OwnUpload) -> Response:
    """Tell the offset to go on from, in Upload-Offset."""
    return _at(received(services.store, services.layout, upload), upload)


@router.patch(
    "/uploads/{upload_id}",
    status_code=HTTPStatus.NO_CONTENT,
    openapi_extra={
        "requestBody": {
            "content": {"application/offset+octet-stream": {"schema": {"type": "string", "format": "binary"}}},
            "required": True,
        }
    },
)
async def send_bytes(
    request: Request,
    services: ServicesDep,
    user: UserDep,
    upload: OwnUpload,
    work: WorkDep,
    upload_offset: Annotated[int, Header(alias=_OFFSET, ge=0, description="Where the bytes begin.")],
    upload_complete: Annotated[
        str, Header(alias=_COMPLETE, pattern=r"^\?[01]$", description="?1 if these are the last bytes of the file.")
    ] = "?0",
) -> Response:
    """Send bytes; what arrived before a connection broke is kept, and HEAD tells where to go on.

    With `Upload-Complete: ?1` the upload is complete and its check begins.
    """
    _may_change(services, user, upload)
    end = await _stored(request, services, upload, upload_offset)
    if upload_complete == "?1":
        await run_in_threadpool(complete, services.store, services.layout, upload)
        work.wake(upload)
    return _at(end, upload)


@router.post("/uploads/{upload_id}/complete")
def complete_upload(
    services: ServicesDep, user: UserDep, upload: OwnUpload, work: WorkDep, document: Completion
) -> UploadDocument:
    """Say that all bytes were sent: they are held against size and hash, and the check begins."""
    _may_change(services, user, upload)
    complete(services.store, services.layout, upload, document.sha256)
    work.wake(upload)
    return upload_document(services, upload)


@router.get("/uploads/{upload_id}/preview")
def get_preview(services: ServicesDep, user: UserDep, upload: OwnUpload) -> Preview:
    """Return what sending it would change against the version in force."""
    _may_change(services, user, upload)
    verdict = verdict_of(services.store, services.layout, upload)
    found = preview_of(services, upload, verdict) if verdict is not None else None
    if found is None:
        raise Problem(
            HTTPStatus.CONFLICT,
            "nothing-to-preview",
            "There are no rows that would be accepted: wait for the verdict, or mend the file and upload it again.",
        )
    return found


@router.post("/uploads/{upload_id}/send", status_code=HTTPStatus.ACCEPTED)
def send_upload(services: ServicesDep, user: UserDep, upload: OwnUpload, work: WorkDep) -> UploadDocument:
    """Confirm that it is sent: this is when it counts as received. Repeated, nothing more happens."""
    authorise_feed(services, user, Action.send, upload.feed)
    confirm(services.store, services.layout, upload, user.name, services.now)
    work.wake()
    return upload_document(services, upload)


@router.delete("/uploads/{upload_id}", status_code=HTTPStatus.NO_CONTENT)
def discard_upload(services: ServicesDep, user: UserDep, upload: OwnUpload) -> None:
    """Say that it shall not be sent; a delivery is withdrawn instead."""
    _may_change(services, user, upload)
    discard(services.store, services.layout, upload, user.name, services.now)


def _needed(intent: str) -> Action:
    return Action.send if intent == "send" else Action.check


def _may_change(services: Services, user: User, upload: Upload) -> None:
    authorise_feed(services, user, _needed(upload.intent), upload.feed)


def _check_period(services: Services, feed: str, period: str | None) -> None:
    if period is not None and not is_period_of(services, feed, period):
        cadence = services.registry.feeds[feed].cadence
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "no-period",
            f"This is no period of {feed}, which is {cadence}: write it like 2026-Q3 or 2024-2026.",
        )


def _opened(
    services: Services,
    user: User,
    sender: str,
    *,
    collection: str,
    file: str,
    period: str | None,
    size: int | None,
    sha256: str | None,
    intent: str,
    key: str | None,
) -> Upload:
    try:
        return open_upload(
            services.store,
            services.layout,
            sender=sender,
            feed=collection,
            file=file,
            user=user.name,
            period=period,
            size=size,
            sha256=sha256,
            intent="send" if intent == "send" else "check",
            upload_id=derived_id("api", sender, user.name, key) if key is not None else None,
            now=services.now,
        )
    except UploadConflict:
        raise Problem(
            HTTPStatus.CONFLICT,
            "idempotency-key-used",
            "This Idempotency-Key was used with another document: take another key.",
        ) from None
    except UploadError as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "no-file-name", str(error)) from None


async def _stored(request: Request, services: Services, upload: Upload, offset: int) -> int:
    """Keep what comes, part by part, also when the connection breaks; return the offset after it."""
    held = bytearray()
    most = services.settings.largest_upload

    async def keep(piece: bytes) -> None:
        nonlocal offset
        if offset + len(piece) > most:
            raise _too_large(services)
        offset = await run_in_threadpool(put_part, services.store, services.layout, upload, offset, io.BytesIO(piece))

    try:
        async for chunk in request.stream():
            held += chunk
            while len(held) >= PART:
                await keep(bytes(held[:PART]))
                del held[:PART]
    except ClientDisconnect:
        if held:
            await keep(bytes(held))
        raise
    if held:
        await keep(bytes(held))
    elif offset != (end := await run_in_threadpool(received, services.store, services.layout, upload)):
        raise WrongOffset(end)
    return offset


def _at(offset: int, upload: Upload) -> Response:
    headers = {_OFFSET: str(offset)}
    if upload.size is not None:
        headers[_LENGTH] = str(upload.size)
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)


def _too_large(services: Services) -> Problem:
    most = services.settings.largest_upload
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too-large",
        f"A delivery may have {most:,} bytes: compress it (gz), or ask the collection manager.",
    )
