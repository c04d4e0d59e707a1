"""A portal process: `customs-monitor serve`."""

from __future__ import annotations

import socket
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn

from customs_monitor.checking.pool import CheckPool
from customs_monitor.collection.signing import signing_key
from customs_monitor.contracts import Registry
from customs_monitor.portal.app import create_app
from customs_monitor.portal.dependencies import Services
from customs_monitor.portal.jobs import Jobs
from customs_monitor.portal.settings import PortalSettings
from customs_storage import ObjectStore


class PortTaken(RuntimeError):
    """The port cannot be listened on."""


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        PortTaken: if something listens there already.
    """
    try:
        return socket.create_server((host, port), backlog=128)
    except OSError as error:
        raise PortTaken(f"port {port} is not free ({error.strerror}): name another with --port") from error


def serve(settings: PortalSettings, store: ObjectStore, registry: Registry, bound: socket.socket) -> None:
    """Serve until interrupted."""
    with TemporaryDirectory(prefix="customs-monitor-portal-") as folder:
        services = Services.of(settings, store, registry, Path(folder))
        jobs = Jobs(services, CheckPool(settings.workers, project=registry.project), signing_key(settings.home))
        app = create_app(services, jobs)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            limit_concurrency=256,
            timeout_keep_alive=15,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
        )
        jobs.start()
        try:
            uvicorn.Server(config).run(sockets=[bound])
        finally:
            jobs.stop()
