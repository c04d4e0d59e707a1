"""As `warm_server`, but each child does what a portal does with the uploads of a folder, from wherever another stopped.

`inbox` of an order is a folder of files, which become uploads in the order of their names. Great Expectations reads no
delivery here: it writes nothing that counts, and the points of time are left to what can do harm.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from customs_monitor.collection import judging, upload_bytes
from customs_monitor.collection.acknowledgement import acknowledge_all
from customs_monitor.collection.sending import confirm, send
from customs_monitor.collection.signing import signing_key
from customs_monitor.collection.upload_bytes import complete, is_complete, put_part, received
from customs_monitor.collection.upload_check import claim_check, verdict_of
from customs_monitor.collection.uploads import Upload, derived_id, open_upload
from customs_monitor.contracts import Registry
from customs_storage import ObjectStore, open_store
from customs_storage.hashing import Source
from customs_storage.layout import Layout
from support.forking import answer_orders
from support.uploading import FEED, SENDER, check

#: Bytes of a part, so that a small file has several.
_PART = 64


def clock() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def upload(store: ObjectStore, layout: Layout, file: Path) -> Upload:
    """Bring a file to the store, as a client does that asks how far it got."""
    content = file.read_bytes()
    opened = open_upload(
        store, layout, sender=SENDER, feed=FEED, file="Q3.csv", user="anna", size=len(content),
        upload_id=derived_id(file.name),
    )  # fmt: skip
    while not is_complete(store, layout, opened) and (at := received(store, layout, opened)) < len(content):
        put_part(store, layout, opened, at, io.BytesIO(content[at:]))
    complete(store, layout, opened)
    return opened


def go_on(store: ObjectStore, folder: Path, scratch: Path) -> None:
    """Do all that is still to be done for the files of a folder."""
    layout, registry, key = Layout.load(), Registry.load(), signing_key(folder / "home")
    for file in sorted(folder.glob("*.csv")):
        opened = upload(store, layout, file)
        confirm(store, layout, opened, "anna")
        if verdict_of(store, layout, opened) is None:
            # Whoever claimed it before was killed.
            assert claim_check(store, layout, opened, str(os.getpid()), lease=timedelta(0)) is not None
            check(store, layout, registry, opened, scratch, clock)
        send(store, layout, registry, opened, "anna", scratch)
        with tempfile.TemporaryDirectory(dir=scratch) as working:
            judging.judge_waiting(store, layout, registry, FEED, f"run-{os.getpid()}", Path(working))
        acknowledge_all(store, layout, registry, FEED, key)


def die_after(store: ObjectStore, writes: int) -> None:
    """Let a store kill the process right after so many objects were created or removed.

    Claims do not count: each process makes its own, and would get no further.
    """
    create, remove = store.put_if_absent, store.delete
    left = writes

    def count() -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    def put_if_absent(key: str, source: Source) -> bool:
        if (created := create(key, source)) and "/check/" not in key:
            count()
        return created

    def delete(key: str) -> None:
        remove(key)
        count()

    store.put_if_absent, store.delete = put_if_absent, delete  # type: ignore[method-assign]


def run(order: dict[str, object]) -> None:
    """Go on with the uploads of an order; with `writes`, until so many writes were made."""
    store = open_store(str(order["store"]))
    if isinstance(writes := order.get("writes"), int):
        die_after(store, writes)
    with tempfile.TemporaryDirectory() as scratch:
        go_on(store, Path(str(order["inbox"])), Path(scratch))


if __name__ == "__main__":
    upload_bytes.PART = _PART
    judging.read_again = lambda *_: None  # type: ignore[attr-defined]
    answer_orders(run)
    sys.exit()
