"""A portal that browsers can reach: its own server on this machine, in a thread; its work is done when asked for."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from customs_monitor.checking.pool import CheckPool
from customs_monitor.collection.signing import signing_key
from customs_monitor.contracts import Registry
from customs_monitor.portal.app import create_app
from customs_monitor.portal.jobs import Jobs
from customs_storage import ObjectStore
from support.portal import Portal, portal_on


@contextmanager
def portal_served(store: ObjectStore, registry: Registry, home: Path) -> Iterator[Portal]:
    """Serve a portal with everything that works behind it, on a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        # Browsers ask for far more in a second than people do when tests drive them.
        made = portal_on(store, registry, home, url=url, requests_per_minute=100_000)
        services = made.services
        pool = CheckPool(1, project=registry.project)
        jobs = Jobs(services, pool, signing_key(home))
        portal = Portal(create_app(services, jobs), services, made.clock)
        server = uvicorn.Server(
            uvicorn.Config(portal.app, log_level="warning", access_log=False, proxy_headers=False, lifespan="off")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        jobs.start()
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.02)
        try:
            yield portal
        finally:
            server.should_exit = True
            thread.join()
            jobs.stop()
