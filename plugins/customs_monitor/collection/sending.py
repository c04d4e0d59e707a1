"""Sending: a checked upload becomes a delivery.

`confirm` is the point of no return: one object, created once. Whatever comes after it (landing, ledger, `sent.json`)
can be broken off anywhere and repeated by any process, with the same result.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

from customs_monitor.collection.landing import Arrival, land_arrival, receipts
from customs_monitor.collection.ledger import Event, ResentEvent, SentEvent, append, events
from customs_monitor.collection.records import JudgementRecord, Place, Receipt, Record
from customs_monitor.collection.upload_bytes import fetch_file, is_complete
from customs_monitor.collection.upload_check import UploadVerdict, verdict_of
from customs_monitor.collection.uploads import (
    KEPT_FOR,
    Decision,
    Upload,
    UploadError,
    clock,
    decide,
    decision_of,
    uploads_of_all,
)
from customs_monitor.contracts import Registry
from customs_storage import ObjectNotFound, ObjectStore
from customs_storage.layout import Layout


class NotSendable(UploadError):
    """The upload cannot be sent: it is discarded, too old, an archive (send its members), or not checked yet."""


class Sent(Record):
    """An upload that has become a delivery.

    Attributes:
        number: of the event in the ledger.
        kind: `resent` where the same bytes were an earlier version, which is the current one again.
        version: place of the delivery among those of the same feed, period and sender, from 1.
    """

    upload_id: str
    feed: str
    period: str
    sender: str
    delivery_id: str
    number: int
    kind: Literal["sent", "resent"]
    version: int
    user: str
    at: datetime


def confirm(
    store: ObjectStore, layout: Layout, upload: Upload, user: str, now: Callable[[], datetime] = clock
) -> Decision:
    """Confirm that a complete upload is to be sent; it need not be checked yet.

    Returns:
        The confirmation, whose time is when the delivery counts as received; the earlier one if there is one.

    Raises:
        NotSendable: if it is discarded, too old, incomplete or an archive.
    """
    moment = now()
    if (decision := decision_of(store, layout, upload)) is None:
        if not is_complete(store, layout, upload):
            raise NotSendable("the file is not complete: send the rest first")
        if moment - upload.opened_at > KEPT_FOR:
            raise NotSendable(f"it was uploaded more than {KEPT_FOR.days} days ago: upload the file again")
        if (verdict := verdict_of(store, layout, upload)) is not None and verdict.members:
            raise NotSendable("it is an archive: send the files in it")
        wanted = Decision(upload_id=upload.upload_id, kind="send", user=user, at=moment)
        decision = decide(store, layout, upload, wanted)
    if decision.kind == "discard":
        raise NotSendable("it is discarded: upload the file again")
    return decision


def send(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    upload: Upload,
    user: str,
    scratch: Path,
    now: Callable[[], datetime] = clock,
) -> Sent:
    """Make a checked upload a delivery; repeated, or by several at once, the same one.

    A refused upload is landed too, so that the history shows it. A file that could not be read to its end gets its
    judgement here, from the check: nobody parses it again.

    Args:
        store: the store.
        layout: the keys of the store.
        registry: the contracts.
        upload: the upload.
        user: who sends it; whoever has confirmed it before counts.
        scratch: a folder for working files.
        now: the clock.

    Raises:
        NotSendable: see there.
    """
    if (sent := sent_of(store, layout, upload)) is not None:
        return sent
    verdict = verdict_of(store, layout, upload)
    if verdict is None:
        raise NotSendable("it is not checked yet: wait for the verdict")
    decision = confirm(store, layout, upload, user, now)
    place = Place(upload.feed, verdict.period, upload.sender)
    receipt = _land(store, layout, place, upload, verdict, decision, scratch)
    event = _enter(store, layout, place, upload, decision, receipt)
    sent = Sent(
        upload_id=upload.upload_id,
        **place.fields,
        delivery_id=receipt.delivery_id,
        number=event.number,
        kind=event.kind,
        version=receipt.sequence,
        user=decision.user,
        at=decision.at,
    )
    # Whoever was first has written the same.
    store.put_if_absent(layout.key("upload_sent", **upload.fields), sent.to_bytes())
    return sent


def sent_of(store: ObjectStore, layout: Layout, upload: Upload) -> Sent | None:
    """Return what became of an upload, None if it was not sent (yet)."""
    try:
        return Sent.read(store, layout.key("upload_sent", **upload.fields))
    except ObjectNotFound:
        return None


def confirmed_unsent(store: ObjectStore, layout: Layout) -> list[tuple[Upload, Decision]]:
    """Return the uploads that somebody confirmed and that are no deliveries yet, the earliest confirmed first.

    What a killed process has left: once they are checked, `send` completes them.
    """
    found = [
        (status.upload, decision)
        for status in uploads_of_all(store, layout)
        if status.state == "sending" and (decision := decision_of(store, layout, status.upload)) is not None
    ]
    return sorted(found, key=lambda item: (item[1].at, item[1].upload_id))


def origin_of(upload: Upload) -> str:
    """Return what the receipt of its delivery says of where it came from."""
    return f"portal/{upload.upload_id}/{upload.file}"


def _land(
    store: ObjectStore,
    layout: Layout,
    place: Place,
    upload: Upload,
    verdict: UploadVerdict,
    decision: Decision,
    scratch: Path,
) -> Receipt:
    def judge_unreadable(delivery_id: str) -> None:
        if not verdict.readable:
            _keep_judgement(store, layout, place, delivery_id, upload, verdict)

    with tempfile.TemporaryDirectory(dir=scratch, prefix="send-") as folder:
        arrival = Arrival(
            place=place,
            path=fetch_file(store, layout, upload, Path(folder)),
            name=upload.file,
            layout=verdict.layout,
            fits=verdict.fits,
            looks_like=verdict.looks_like,
            origin=origin_of(upload),
        )
        # Under the place of the user's own Member State, whatever the file says of itself.
        return land_arrival(store, layout, arrival, lambda: decision.at, judge_unreadable).receipt


def _keep_judgement(
    store: ObjectStore, layout: Layout, place: Place, delivery_id: str, upload: Upload, verdict: UploadVerdict
) -> None:
    """Take over the check's reports and verdict as the delivery's, before anybody sees that it waits for one."""
    for name in verdict.reports:
        with store.open(layout.key("upload_report", **upload.fields, name=name)) as report:
            store.put_if_absent(layout.key("rejected", **place.fields, delivery_id=delivery_id, name=name), report)
    record = JudgementRecord(
        **place.fields,
        delivery_id=delivery_id,
        contract_version=verdict.contract_version,
        verdict="refused",
        rows_read=verdict.rows_read,
        rows_accepted=0,
        rows_refused=verdict.rows_refused,
        rows_skipped=verdict.rows_skipped,
        issues=verdict.issues,
        accepted_sha256=None,
    )
    store.put_if_absent(layout.key("judgement", **place.fields, delivery_id=delivery_id), record.to_bytes())


def _enter(
    store: ObjectStore, layout: Layout, place: Place, upload: Upload, decision: Decision, receipt: Receipt
) -> SentEvent | ResentEvent:
    """Enter the sending into the ledger, once."""

    def mine(so_far: Sequence[Event]) -> SentEvent | ResentEvent | None:
        sendings = (event for event in so_far if isinstance(event, SentEvent | ResentEvent))
        return next((event for event in sendings if event.upload_id == upload.upload_id), None)

    def next_event(so_far: Sequence[Event]) -> Event | None:
        if mine(so_far) is not None:
            return None
        said = {
            **place.fields,
            "at": decision.at,
            "user": decision.user,
            "delivery_id": receipt.delivery_id,
            "upload_id": upload.upload_id,
        }
        if receipt.origin == origin_of(upload):
            return SentEvent.model_validate(said)
        last = max(one.sequence for one in receipts(store, layout, **place.fields))
        return ResentEvent.model_validate({**said, "after_sequence": last})

    append(store, layout, place, next_event)
    event = mine(events(store, layout, place))
    assert event is not None
    return event
