"""Load on the portal: how long senders wait for a verdict, and what large files cost; on this machine's loopback only.

`python -m customs_monitor.bench.portal FOLDER` prints the figures as one line of JSON.
"""

from __future__ import annotations

import json
import math
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from customs_monitor.bench.combination_statistics import FEED, PERIOD, write_combinations
from customs_monitor.client.portal import PortalClient
from customs_monitor.contracts import Project, Registry
from customs_monitor.portal.auth.accounts import Accounts
from customs_monitor.portal.auth.roles import Role
from customs_monitor.portal.auth.tokens import Tokens
from customs_storage import open_store
from customs_storage.layout import Layout

#: The delivery that everybody sends, and how many each sends one after the other.
ROWS = 50_000
SENDERS = (4, 20)
_EACH = {4: 8, 20: 2}
_START_SECONDS = 120
_ADDRESS = re.compile(r"http://[\w.:]+")


@dataclass(frozen=True)
class LoadFigures:
    """Seconds from the first byte of a delivery to its verdict, seen by the sender, over all deliveries."""

    senders: int
    deliveries: int
    rows: int
    median: float
    p95: float
    slowest: float
    refused: int


def measure(folder: Path, senders: Sequence[int] = SENDERS, rows: int = ROWS) -> list[LoadFigures]:
    """Start a portal on a store of its own and let senders deliver to it at once.

    Args:
        folder: an empty folder for the store and the files.
        senders: numbers of senders, one after the other.
        rows: of a delivery.
    """
    registry = Registry.load()
    names = registry.expected_senders(FEED, PERIOD)[: max(senders)]
    tokens = tokens_for(folder / "store", names)
    figures = []
    with portal_running(folder) as url:
        # What a portal does for the first time is no measure of the next months.
        _deliver(url, tokens[names[0]], _file(folder, registry, names[0], rows, "warm"), 0.1)
        for count in senders:
            each = _EACH.get(count, 2)
            files = {
                name: [_file(folder, registry, name, rows, f"{count}-{number}") for number in range(each)]
                for name in names[:count]
            }
            begin = threading.Barrier(count)
            with ThreadPoolExecutor(count) as pool:
                # All ask from one address here, which may ask fifty times a second.
                pause = max(0.1, count / 40)
                jobs = [pool.submit(_deliver_all, begin, url, tokens[name], own, pause) for name, own in files.items()]
                taken = [item for job in jobs for item in job.result()]
            seconds = sorted(item for item, _ in taken)
            figures.append(
                LoadFigures(
                    senders=count,
                    deliveries=len(seconds),
                    rows=rows,
                    median=seconds[len(seconds) // 2],
                    p95=seconds[math.ceil(0.95 * len(seconds)) - 1],
                    slowest=seconds[-1],
                    refused=sum(verdict == "refused" for _, verdict in taken),
                )
            )
    return figures


def _deliver_all(
    begin: threading.Barrier, url: str, token: str, files: Sequence[Path], pause: float
) -> list[tuple[float, str]]:
    begin.wait()
    return [_deliver(url, token, file, pause) for file in files]


def _deliver(url: str, token: str, file: Path, pause: float) -> tuple[float, str]:
    with PortalClient(url, token) as client:
        clock = time.perf_counter()
        upload = client.upload(file, FEED, period=PERIOD)
        while upload["state"] != "checked":
            time.sleep(pause)
            upload = client.get(upload["upload_id"])
        return time.perf_counter() - clock, str(upload["verdict"]["verdict"])


def _file(folder: Path, registry: Registry, sender: str, rows: int, name: str) -> Path:
    """Write a delivery without an error, of other bytes than any other."""
    seed = sum(f"{sender}{name}".encode())
    path = folder / "files" / f"{sender}-{name}.csv"
    path.parent.mkdir(exist_ok=True)

    def figures(number: int) -> tuple[int, int]:
        hits = (number * 7919 + seed) % 1000
        return hits, hits // 2

    write_combinations(path, registry, sender, rows, figures)
    return path


def tokens_for(store: Path, names: Sequence[str]) -> dict[str, str]:
    """Return tokens of Member States for a portal on the store in the folder."""

    def now() -> datetime:
        return datetime.now(UTC)

    target, layout = open_store(store.as_uri()), Layout.load()
    accounts = Accounts(target, layout, now)
    tokens = Tokens(target, layout, now, accounts)
    found = {}
    for name in names:
        account = accounts.add(f"bench.{name.lower()}", by="bench", role=Role.sender, sender=name)
        found[name] = tokens.issue(account, label="bench", lasts=timedelta(days=1))[0]
    return found


@contextmanager
def portal_running(folder: Path) -> Iterator[str]:
    """Run `customs-monitor serve` on the store in `folder/store`, and give its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "CUSTOMS_MONITOR_STORE": (folder / "store").as_uri(),
        "CUSTOMS_MONITOR_PORTAL_HOME": str(folder / "home"),
        "CUSTOMS_MONITOR_HOME": str(Project.locate().root),
    }
    with (folder / "portal.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("customs-monitor")), "serve", "--port", str(port)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            assert process.stdout is not None
            address = _ADDRESS.search(process.stdout.readline())
            if address is None:
                raise RuntimeError(f"the portal did not start: {(folder / 'portal.log').read_text(encoding='utf-8')}")
            yield address[0]
        finally:
            process.terminate()
            process.wait(_START_SECONDS)


if __name__ == "__main__":
    sys.stdout.write(json.dumps([asdict(item) for item in measure(Path(sys.argv[1]))]) + "\n")
