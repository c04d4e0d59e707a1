"""An outcome record per step, in the store, also when the step fails."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from customs_monitor.collection.records import DeliveryOutcome, JudgingOutcome, LandingOutcome, Receipt, Record
from customs_storage import ObjectStore, StoreError
from customs_storage.layout import Layout

log = logging.getLogger(__name__)


#: The name, after the feed's, of the record of what Great Expectations found on its batch.
EXPECTATIONS = "expectations"


def keep_outcome(store: ObjectStore, layout: Layout, run_id: str, step: str, record: Record) -> None:
    """Store a step's record; a retry of the same step keeps the earlier record and adds its own."""
    keep_record(store, layout, run_id, step, record.to_bytes())


def keep_record(store: ObjectStore, layout: Layout, run_id: str, name: str, data: bytes) -> None:
    """Store bytes among the outcomes of a run, beside those that an earlier try left under the name."""
    attempt = 1
    while not store.put_if_absent(
        layout.key("outcome", run_id=run_id, name=name if attempt == 1 else f"{name}.retry-{attempt}"), data
    ):
        attempt += 1


@contextmanager
def failure_recorded(
    store: ObjectStore, layout: Layout, run_id: str, feed: str, step: str
) -> Iterator[list[DeliveryOutcome]]:
    """Leave an outcome with the error if the block fails, and let the error go on.

    The block is given a list for what it commits: a retry will not see these deliveries again, and the record of the
    failure is the only one that has them.
    """
    started_at, clock = datetime.now(UTC), time.monotonic()
    committed: list[DeliveryOutcome] = []
    try:
        yield committed
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        seconds = round(time.monotonic() - clock, 3)
        record: Record = (
            LandingOutcome(run_id=run_id, feed=feed, started_at=started_at, seconds=seconds, error=text)
            if step == "land"
            else JudgingOutcome(
                run_id=run_id,
                feed=feed,
                started_at=started_at,
                seconds={"all": seconds},
                deliveries=tuple(committed),
                error=text,
            )
        )
        try:
            keep_outcome(store, layout, run_id, f"{feed}.{step}", record)
        except StoreError:
            # The store itself may be what failed; the first error is the one to report.
            log.exception("the outcome of %s %s could not be stored", step, feed)
        raise


def run_that_judged(store: ObjectStore, layout: Layout, receipt: Receipt) -> str | None:
    """Return the run that gave a delivery its verdict; None where none did, or it left no outcome.

    Looks through the records of all runs since the delivery came: for a person who follows a link.
    """
    for info in store.list(layout.prefix("outcome")):
        fields = layout.parse("outcome", info.key)
        if fields["name"].split(".")[:2] != [receipt.feed, "judge"] or info.modified < receipt.received_at:
            continue
        judged = JudgingOutcome.read(store, info.key).deliveries
        if any(
            (item.period, item.sender, item.delivery_id) == (receipt.period, receipt.sender, receipt.delivery_id)
            for item in judged
        ):
            return fields["run_id"]
    return None
