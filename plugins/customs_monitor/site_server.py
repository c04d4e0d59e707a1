"""The published site on localhost, from any store."""

from __future__ import annotations

import mimetypes
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import typer

from customs_storage import ObjectNotFound, ObjectStore, StoreError
from customs_storage.layout import Layout, LayoutError
from customs_storage.pointer import read_latest

_EMPTY = b"<!doctype html><title>Customs Monitor</title><p>Nothing is published yet: run <code>make run</code> first."


class PortTaken(RuntimeError):
    """The port cannot be listened on."""


def serve_site(store: ObjectStore, layout: Layout, port: int) -> None:
    """Serve the release in force until interrupted; a new release shows at the next request.

    Args:
        store: where the releases are.
        layout: the keys of the store.
        port: on the loopback address only.

    Raises:
        PortTaken: if something listens there already.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path).lstrip("/")
            try:
                latest = read_latest(store)
            except StoreError as error:
                self._answer(HTTPStatus.BAD_GATEWAY, f"{error}\n".encode(), "text/plain; charset=utf-8")
                return
            if latest is None:
                self._answer(HTTPStatus.OK, _EMPTY, "text/html; charset=utf-8")
                return
            if not path:
                self.send_response(HTTPStatus.FOUND)
                self.send_header("Location", "/site/index.html")
                self.end_headers()
                return
            try:
                data = store.get(layout.key("release_file", release_id=latest.release_id, path=path))
            except (ObjectNotFound, LayoutError):
                self._answer(HTTPStatus.NOT_FOUND, b"There is no such file in the release in force.\n", "text/plain")
            except StoreError as error:
                self._answer(HTTPStatus.BAD_GATEWAY, f"{error}\n".encode(), "text/plain; charset=utf-8")
            else:
                kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
                self._answer(HTTPStatus.OK, data, f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)

        def _answer(self, status: HTTPStatus, data: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(data)

    try:
        listening = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError as error:
        raise PortTaken(f"port {port} is not free ({error.strerror}): name another with --port") from error
    with listening as server:
        typer.echo(f"http://127.0.0.1:{server.server_port}/  (Ctrl+C ends)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            typer.echo("ended")
