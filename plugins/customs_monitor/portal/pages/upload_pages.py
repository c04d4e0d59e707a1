"""The page of an upload: progress, verdict, what would change, confirming, discarding."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.responses import Response

from customs_monitor.collection.life import DeliveryLife, life_of
from customs_monitor.collection.records import Place
from customs_monitor.collection.sending import NotSendable, Sent, confirm, sent_of
from customs_monitor.collection.upload_check import UploadVerdict, verdict_of
from customs_monitor.collection.uploads import (
    Upload,
    UploadConflict,
    UploadState,
    UploadUnknown,
    discard,
    status_of,
    upload_of,
)  # fmt: skip
from customs_monitor.portal import audit
from customs_monitor.portal.auth.roles import Action, may
from customs_monitor.portal.content_questions import question_lines, questions_of
from customs_monitor.portal.dependencies import Services, ServicesDep, UserDep, WorkDep
from customs_monitor.portal.places import own_upload, preview_of, window_of
from customs_monitor.portal.problem import Problem, not_found
from customs_monitor.portal.receipts import receipt_key, receipt_links
from customs_monitor.portal.rendering import page, said, translator_of
from customs_monitor.portal.report_files import local_file
from customs_monitor.portal.verdicts import Found, download, verdict_context

router = APIRouter(prefix="/uploads/{sender}/{upload_id}")

#: Where a state stands on the way, as the page of the progress shows it.
_STEPS: Mapping[str, str] = {
    "receiving": "receiving",
    "complete": "checking",
    "checking": "checking",
    "sending": "sending",
}

#: How long a receipt is waited for after the sending.
_RECEIPT = timedelta(minutes=1)


@router.get("")
def upload_page(request: Request, services: ServicesDep, user: UserDep, sender: str, upload_id: str) -> Response:
    """Show how far the check is, then the verdict, then what became of it."""
    upload = own_upload(services, user, Action.see, sender, upload_id)
    state = shown_state(services, upload)
    verdict = verdict_of(services.store, services.layout, upload)
    if state in _STEPS or verdict is None:
        ways = ("receiving", "checking", "sending", "sent") if upload.intent == "send" or state == "sending" else (
            "receiving", "checking", "checked"
        )  # fmt: skip
        return page(
            request, "progress.html.j2", upload=upload, state=state, step=_STEPS.get(state, "receiving"), steps=ways
        )
    sent = sent_of(services.store, services.layout, upload)
    context: dict[str, Any] = {"sent": None, "delivery": "", "acknowledgements": []}
    if sent is not None:
        life = _delivery(services, sent)
        address = f"/deliveries/{sent.feed}/{sent.period}/{sent.sender}/{sent.delivery_id}"
        context = {"sent": sent, "delivery": address, "acknowledgements": receipt_links(life, address)}
    return page(
        request,
        "upload_verdict.html.j2",
        upload=upload,
        state=state,
        kind=".check" if state != "sent" else ".delivery",
        steps=[("/collections", said(request, "collections")), ("/uploads", said(request, "uploads"))],
        sha256=verdict.sha256,
        members=_members(services, upload, verdict),
        may_send=may(user, Action.send, sender, upload.feed),
        may_check=may(user, Action.check, sender, upload.feed),
        **verdict_context(request, services, _found(services, upload, verdict)),
        **context,
    )


@router.get("/status")
def status(services: ServicesDep, user: UserDep, sender: str, upload_id: str) -> Response:
    """Tell a script of ours how far the check is."""
    upload = own_upload(services, user, Action.see, sender, upload_id)
    return JSONResponse({"state": shown_state(services, upload)})


@router.get("/download/{kind}")
def upload_file(
    request: Request, services: ServicesDep, user: UserDep, sender: str, upload_id: str, kind: str
) -> Response:
    """Return a file of the report."""
    upload = own_upload(services, user, Action.see, sender, upload_id)
    verdict = verdict_of(services.store, services.layout, upload)
    if verdict is None:
        raise not_found()
    return download(request, services, _found(services, upload, verdict), kind)


@router.get("/preview")
def preview_page(request: Request, services: ServicesDep, user: UserDep, sender: str, upload_id: str) -> Response:
    """Show what sending it would change."""
    upload = own_upload(services, user, Action.send, sender, upload_id)
    verdict = verdict_of(services.store, services.layout, upload)
    if verdict is None or shown_state(services, upload) != "checked":
        return RedirectResponse(_address(upload), HTTPStatus.SEE_OTHER)
    change = preview_of(services, upload, verdict)
    if change is None:
        return RedirectResponse(_address(upload), HTTPStatus.SEE_OTHER)
    asked = window_of(services, verdict.feed, verdict.period)
    fields = {"sender": upload.sender, "upload_id": upload.upload_id}
    rows = local_file(services, services.layout.key("upload_accepted", **fields))
    questions = questions_of(services, Place(verdict.feed, verdict.period, verdict.sender), rows)
    return page(
        request,
        "preview.html.j2",
        upload=upload,
        upload_page=_address(upload),
        verdict=verdict,
        preview=change,
        questions=question_lines(questions, verdict.feed, translator_of(request)),
        late=asked is not None and services.now() >= asked.closes_at,
        due_on=asked.due_on if asked else None,
    )


@router.post("/send")
def send_upload(services: ServicesDep, user: UserDep, work: WorkDep, sender: str, upload_id: str) -> Response:
    """Confirm that it is sent; it becomes a delivery in the background."""
    audit.note("send", upload=upload_id)
    upload = own_upload(services, user, Action.send, sender, upload_id)
    try:
        confirm(services.store, services.layout, upload, user.name, services.now)
    except NotSendable as error:
        raise Problem(HTTPStatus.CONFLICT, "not-sendable", str(error)) from error
    work.wake()
    return RedirectResponse(_address(upload), HTTPStatus.SEE_OTHER)


@router.post("/discard")
def discard_upload(services: ServicesDep, user: UserDep, sender: str, upload_id: str) -> Response:
    """Say that it shall not be sent."""
    audit.note("discard", upload=upload_id)
    upload = own_upload(services, user, Action.check, sender, upload_id)
    try:
        discard(services.store, services.layout, upload, user.name, services.now)
    except UploadConflict as error:
        raise Problem(HTTPStatus.CONFLICT, "sent-already", str(error)) from error
    return RedirectResponse("/uploads", HTTPStatus.SEE_OTHER)


def shown_state(services: Services, upload: Upload) -> UploadState:
    """Return where an upload stands for people: it is being sent until it is judged as a delivery and has its receipt.

    A receipt that does not come is not waited for: the verdict must be seen.
    """
    state = status_of(services.store, services.layout, upload).state
    sent = sent_of(services.store, services.layout, upload) if state == "sent" else None
    if sent is None:
        return state
    life = _delivery(services, sent)
    if life is None or life.judgement is None:
        return "sending"
    # The PDF is written last.
    waits = receipt_key(life, "pdf") is None and services.now() - sent.at < _RECEIPT
    return "sending" if waits else state


def _delivery(services: Services, sent: Sent) -> DeliveryLife | None:
    versions = life_of(services.store, services.layout, services.registry, Place(sent.feed, sent.period, sent.sender))
    return next((item for item in versions if item.receipt.delivery_id == sent.delivery_id), None)


def _found(services: Services, upload: Upload, verdict: UploadVerdict) -> Found:
    fields = {"sender": upload.sender, "upload_id": upload.upload_id}
    return Found(
        verdict,
        {name: services.layout.key("upload_report", **fields, name=name) for name in verdict.reports},
        services.layout.key("upload_file", **fields, name=upload.file),
        upload.file,
        _address(upload),
    )


def _members(services: Services, upload: Upload, verdict: UploadVerdict) -> list[tuple[Upload, str]]:
    """Return the files of an archive with where each stands."""
    found: list[tuple[Upload, str]] = []
    for member_id in verdict.members:
        try:
            member = upload_of(services.store, services.layout, upload.sender, member_id)
        except UploadUnknown:  # discarded ones expire
            continue
        judged = verdict_of(services.store, services.layout, member)
        found.append((member, judged.verdict if judged else "checking"))
    return found


def _address(upload: Upload) -> str:
    return f"/uploads/{upload.sender}/{upload.upload_id}"
