"""One store as the portal uses it: uploads that are checked, sent, judged and acknowledged."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from customs_monitor.collection.judging import judge_waiting
from customs_monitor.collection.life import DeliveryLife, life_of
from customs_monitor.collection.records import Place
from customs_monitor.collection.sending import Sent, send
from customs_monitor.collection.upload_bytes import fetch_file, keep_file
from customs_monitor.collection.upload_check import UploadVerdict, claim_check, keep_verdict
from customs_monitor.collection.uploads import Intent, Upload, open_upload
from customs_monitor.contracts import Registry
from customs_monitor.portal.checks import upload_verdict
from customs_storage import ObjectStore
from customs_storage.layout import Layout
from support.checking import ChecksHere

FEED = "crc_statistics"
PERIOD = "2026-Q3"
SENDER = "DE"
PLACE = Place(FEED, PERIOD, SENDER)
_HEADER = (
    "reference_period,member_state,movement,crc_code,high_interest_country,automated_hits,hits_after_assessment,"
    "controls,positive_results,conf_status,comment"
)


def statistics(hits: int = 100, *, sender: str = SENDER, period: str = PERIOD, controls: int = 20) -> bytes:
    """Return a delivery of two rows; controls beyond half the hits are a warning."""
    rows = (
        f"{period},{sender},ENTRY,CRC01,_Z,{hits},{hits // 2},{controls},5,F,",
        f"{period},{sender},EXIT,CRC02,CN,40,30,10,2,F,",
    )
    return "\r\n".join((_HEADER, *rows, "")).encode()


@dataclass
class Uploading:
    """A store, and what a portal does with it."""

    store: ObjectStore
    layout: Layout
    registry: Registry
    scratch: Path
    runs: int = 0
    time: datetime = datetime(2026, 10, 20, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """Return a time that goes on by a minute whenever somebody asks."""
        self.time += timedelta(minutes=1)
        return self.time

    def upload(
        self,
        content: bytes,
        *,
        name: str = "Q3.csv",
        user: str = "anna",
        sender: str = SENDER,
        intent: Intent = "check",
    ) -> Upload:
        upload = open_upload(
            self.store, self.layout, sender=sender, feed=FEED, file=name, user=user, intent=intent, now=self.now
        )
        keep_file(self.store, self.layout, upload, content)
        return upload

    def check(self, upload: Upload) -> UploadVerdict:
        assert claim_check(self.store, self.layout, upload, "test", self.now) is not None
        return check(self.store, self.layout, self.registry, upload, self.scratch, self.now)

    def send(self, content: bytes, *, name: str = "Q3.csv", user: str = "anna", sender: str = SENDER) -> Sent:
        """Upload, check and send."""
        upload = self.upload(content, name=name, user=user, sender=sender)
        self.check(upload)
        return send(self.store, self.layout, self.registry, upload, user, self.scratch, self.now)

    def judge(self) -> None:
        self.runs += 1
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            judge_waiting(self.store, self.layout, self.registry, FEED, f"run-{self.runs}", Path(folder))

    def life(self, place: Place = PLACE) -> list[DeliveryLife]:
        return life_of(self.store, self.layout, self.registry, place)

    def states(self, place: Place = PLACE) -> list[tuple[int, str]]:
        """Return version and state, in the order in which versions supersede."""
        return [(item.version, item.state) for item in self.life(place)]


def check(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    upload: Upload,
    scratch: Path,
    now: Callable[[], datetime],
) -> UploadVerdict:
    """Judge an upload in this process and keep the verdict, as the portal does with the answer of its pool."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        file = fetch_file(store, layout, upload, Path(folder))
        (working := Path(folder) / "working").mkdir()
        result = ChecksHere(registry).check(
            file, upload.feed, working, sender=upload.sender, period=upload.period, file_name=upload.file
        )
        verdict = upload_verdict(upload, result, registry.feeds[upload.feed].version, now())
        return keep_verdict(store, layout, upload, verdict, result.reports, result.accepted)
