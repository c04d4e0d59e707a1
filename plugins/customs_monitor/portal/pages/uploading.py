"""Giving the portal a file: the form, the list of what was given, the nil return."""

from __future__ import annotations

import csv
import io
from http import HTTPStatus
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from customs_monitor.collection.nil_return import nil_file
from customs_monitor.collection.upload_bytes import keep_file
from customs_monitor.collection.uploads import KEPT_FOR, Upload, UploadError, open_upload, uploads_of
from customs_monitor.portal import audit
from customs_monitor.portal.auth.roles import Action, User, may
from customs_monitor.portal.dependencies import Services, ServicesDep, UserDep, Work, WorkDep, authorise
from customs_monitor.portal.places import feeds_of, is_period_of, place_of
from customs_monitor.portal.problem import forbidden, not_found
from customs_monitor.portal.rendering import page, translator_of
from customs_monitor.portal.standings import own_standings

router = APIRouter()

_EXAMPLES = {"quarterly": "2026-Q3", "cycle": "2024-2026", "annual": "2026", "monthly": "2026-09"}


@router.get("/upload")
def upload_form(request: Request, services: ServicesDep, user: UserDep, feed: str = "", period: str = "") -> Response:
    """Show the form."""
    return _form(request, services, user, feed, period)


@router.post("/upload")
def upload(
    request: Request,
    services: ServicesDep,
    user: UserDep,
    work: WorkDep,
    feed: Annotated[str, Form()] = "",
    period: Annotated[str, Form()] = "",
    intent: Annotated[Literal["check", "send"], Form()] = "check",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Take a file and have it checked; what is wrong with the form is told on the form."""
    audit.note("upload")
    period = period.strip()
    if feed not in services.collections:
        return _form(request, services, user, feed, period, wrong="feed")
    if user.sender is None:
        raise forbidden()
    authorise(user, Action.send if intent == "send" else Action.check, user.sender, feed)
    if period and not is_period_of(services, feed, period):
        return _form(request, services, user, feed, period, wrong="period")
    if file is None or not file.filename:
        return _form(request, services, user, feed, period, wrong="file")
    # A browser of old may send the whole path.
    name = PureWindowsPath(PurePosixPath(file.filename).name).name
    try:
        opened = open_upload(
            services.store,
            services.layout,
            sender=user.sender,
            feed=feed,
            file=name,
            user=user.name,
            period=period or None,
            intent=intent,
            now=services.now,
        )
    except UploadError:
        return _form(request, services, user, feed, period, wrong="name")
    keep_file(services.store, services.layout, opened, file.file)
    return _checked(work, opened)


@router.get("/uploads")
def uploads(request: Request, services: ServicesDep, user: UserDep) -> Response:
    """List what was uploaded."""
    if user.sender is None:
        raise not_found()
    feeds = feeds_of(services, user, Action.see)
    found = [item for item in uploads_of(services.store, services.layout, user.sender) if item.upload.feed in feeds]
    return page(
        request,
        "uploads.html.j2",
        sender=user.sender,
        uploads=found,
        kept_days=KEPT_FOR.days,
        may_check=may(user, Action.check, user.sender, None),
    )


@router.get("/nil-return/{feed}/{period}")
def nil_form(request: Request, services: ServicesDep, user: UserDep, feed: str, period: str) -> Response:
    """Show what a nil return would send."""
    content = _nil(services, user, feed, period)
    (row,) = csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""))
    sent = next(
        (item.versions for item in own_standings(services, feed, user.sender or "") if item.period == period), 0
    )
    return page(request, "nil_return.html.j2", feed=feed, period=period, row=row, versions=sent)


@router.post("/nil-return/{feed}/{period}")
def nil_return(services: ServicesDep, user: UserDep, work: WorkDep, feed: str, period: str) -> Response:
    """Take a nil return as an upload like any other: it is checked, shown and confirmed."""
    audit.note("nil-return")
    content = _nil(services, user, feed, period)
    opened = open_upload(
        services.store,
        services.layout,
        sender=user.sender or "",
        feed=feed,
        file=f"{feed}-{period}-{user.sender}-nil.csv",
        user=user.name,
        period=period,
        size=len(content),
        now=services.now,
    )
    keep_file(services.store, services.layout, opened, io.BytesIO(content))
    return _checked(work, opened)


def _nil(services: Services, user: User, feed: str, period: str) -> bytes:
    if user.sender is None:
        raise not_found()
    place = place_of(services, user, Action.send, feed, period, user.sender)
    if not is_period_of(services, feed, period):
        raise not_found()
    try:
        return nil_file(services.registry.feeds[feed], services.registry, period, place.sender)
    except ValueError:
        raise not_found() from None


def _checked(work: Work, opened: Upload) -> Response:
    """Have an upload checked, and lead to its page."""
    work.wake(opened)
    audit.note(upload=opened.upload_id)
    return RedirectResponse(f"/uploads/{opened.sender}/{opened.upload_id}", HTTPStatus.SEE_OTHER)


def _form(
    request: Request, services: Services, user: User, feed: str, period: str, wrong: str | None = None
) -> Response:
    if user.sender is None or not (feeds := feeds_of(services, user, Action.check)):
        raise forbidden()
    translator = translator_of(request)
    cadence = services.registry.feeds[feed if feed in feeds else feeds[0]].cadence
    return page(
        request,
        "upload.html.j2",
        HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        sender=user.sender,
        feeds=[(name, translator.name(name)) for name in feeds],
        chosen=feed,
        period=period[:20],
        example=_EXAMPLES.get(cadence, ""),
        largest=services.settings.largest_upload,
        may_send=may(user, Action.send, user.sender, None),
        wrong=wrong,
    )
