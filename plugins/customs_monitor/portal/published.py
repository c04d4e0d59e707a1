"""The release in force, as files: the site and what its pages offer; public, from any store."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from http import HTTPStatus
from typing import BinaryIO

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from starlette.responses import Response

from customs_monitor.portal.dependencies import ServicesDep, VisitorDep
from customs_monitor.portal.problem import not_found
from customs_storage.hashing import CHUNK
from customs_storage.layout import LayoutError
from customs_storage.pointer import read_latest

router = APIRouter()

#: Where somebody who is signed in begins.
HOME = "/collections"
FIRST_PAGE = "/site/index.html"
_EMPTY = "<!doctype html><title>Customs Monitor</title><p>Nothing is published yet: run <code>make run</code> first."


@router.get("/")
def beginning(visitor: VisitorDep) -> Response:
    """Lead to one's collections, or to the published site."""
    return RedirectResponse(HOME if visitor else FIRST_PAGE, HTTPStatus.FOUND)


@router.get("/site")
@router.get("/site/")
def first_page() -> Response:
    """Lead to the overview."""
    return RedirectResponse(FIRST_PAGE, HTTPStatus.FOUND)


@router.get("/site/{path:path}")
@router.get("/indicators/{path:path}")
@router.get("/marts/{path:path}")
@router.get("/structure/{path:path}")
@router.get("/catalog.jsonld")
@router.get("/contents.json")
def published_file(request: Request, services: ServicesDep) -> Response:
    """Return a file of the release in force; a new release shows at the next request."""
    latest = read_latest(services.store)
    if latest is None:
        return HTMLResponse(_EMPTY)
    path = request.url.path.removeprefix("/")
    try:
        key = services.layout.key("release_file", release_id=latest.release_id, path=path)
        info = services.store.head(key)
    except LayoutError:
        info = None
    if info is None:
        raise not_found()
    headers = {"ETag": f'"{info.etag.strip(chr(34))}"', "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return StreamingResponse(
        _chunks(services.store.open(key)), headers={**headers, "Content-Length": str(info.size)}, media_type=kind
    )


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    with source:
        while chunk := source.read(CHUNK):
            yield chunk
