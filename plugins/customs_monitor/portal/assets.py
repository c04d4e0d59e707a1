"""What pages are drawn with: the style sheets of the site for our templates, our own beside them, small scripts."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import APIRouter, Request
from starlette.responses import Response

from customs_monitor.portal.problem import not_found
from customs_monitor.release.site.stylesheets import write_styles
from customs_storage.hashing import sha256_of

router = APIRouter()

#: Where pages find them.
ROOT = "/portal/"
TEMPLATES = Path(__file__).with_name("templates")
_STATIC = Path(__file__).with_name("static")


@cache
def assets() -> Mapping[str, tuple[bytes, str]]:
    """Return the files by name, with the SHA-256 of each; made once for a process."""
    with TemporaryDirectory(prefix="customs-monitor-styles-") as made:
        write_styles(Path(made), TEMPLATES)
        files = [*Path(made).iterdir(), *_STATIC.iterdir()]
        found = {path.name: path.read_bytes() for path in files if path.is_file()}
    return {name: (content, sha256_of(content)) for name, content in found.items()}


@router.get(f"{ROOT}assets/{{name}}")
def asset(request: Request, name: str) -> Response:
    """Return a file; a browser that has it is told so."""
    if name not in assets():
        raise not_found()
    content, digest = assets()[name]
    headers = {"ETag": f'"{digest}"', "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    kind = "font/woff2" if name.endswith(".woff2") else mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Response(content, media_type=kind, headers=headers)
