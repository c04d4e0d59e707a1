"""The records a delivery leaves in the store: receipt, judgement, outcome."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict

from customs_monitor.contracts.model import Severity
from customs_storage import ObjectStore
from customs_storage.canonical import canonical_json

Verdict = Literal["accepted", "accepted_with_warnings", "refused"]
_RecordType = TypeVar("_RecordType", bound="Record")


class Record(BaseModel):
    """A record that is written once, as canonical JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def to_bytes(self) -> bytes:
        """Return the record as canonical JSON."""
        return canonical_json(self.model_dump(mode="json"))

    @classmethod
    def read(cls: type[_RecordType], store: ObjectStore, key: str) -> _RecordType:
        """Read a record; ObjectNotFound if there is none."""
        return cls.model_validate(json.loads(store.get(key)))


class Place(NamedTuple):
    """Whose deliveries: versions of one another are those of the same feed, period and sender."""

    feed: str
    period: str
    sender: str

    @property
    def fields(self) -> dict[str, str]:
        """The three as fields of a key."""
        return self._asdict()


class Receipt(Record):
    """What was received, when and from where; written after the bytes, it makes a landing complete.

    Attributes:
        sequence: the place among the deliveries of the same feed, period and sender, from 1; the later supersedes.
        layout: the layout the file has, or is nearest to.
        fits: whether it has that layout.
        looks_like: other feeds whose header it has.
        origin: `<inbox>/<folder>/<file>` as the engineer named the inbox.
        synthetic: whether the delivery is made up (`customs-monitor synth`), and all that rests on it is marked so.
    """

    feed: str
    period: str
    sender: str
    delivery_id: str
    file: str
    sha256: str
    size: int
    received_at: datetime
    sequence: int
    layout: str
    fits: bool
    looks_like: tuple[str, ...] = ()
    origin: str
    synthetic: bool = False


class RuleCount(Record):
    """How often a rule was broken."""

    code: str
    rule: str
    severity: Severity
    level: int
    count: int


class JudgementRecord(Record):
    """The verdict on a delivery; written last, it makes the delivery's Parquet count.

    Attributes:
        accepted_sha256: hash of the accepted Parquet, None where nothing was accepted.
        revision: 1 for the first judgement of a delivery; each later one has the next number, and the last counts.
        layout: the layout it was judged by, where that is another than its receipt says.
    """

    feed: str
    period: str
    sender: str
    delivery_id: str
    contract_version: str
    verdict: Verdict
    rows_read: int
    rows_accepted: int
    rows_refused: int
    rows_skipped: int
    issues: tuple[RuleCount, ...]
    accepted_sha256: str | None
    revision: int = 1
    layout: str | None = None


class DeliveryOutcome(Record):
    """What a run did with one delivery."""

    period: str
    sender: str
    delivery_id: str
    file: str
    verdict: Verdict
    rows_read: int
    rows_accepted: int
    rows_refused: int
    issues: tuple[RuleCount, ...] = ()


class DeliveryFault(Record):
    """A delivery that could not be judged through no fault of its sender's; it waits until that is mended."""

    period: str
    sender: str
    delivery_id: str
    file: str
    fault: str


class ExpectationOutcome(Record):
    """What Great Expectations found for one rule over the feed's batch."""

    rule: str
    code: str
    severity: Severity
    success: bool
    unexpected_count: int


class LandingOutcome(Record):
    """What a run found for a feed in the inboxes.

    Attributes:
        seen: files that belong to the feed.
        landed: ids of the deliveries that were new; the others had been landed before and nothing was done.
        changing: files that somebody was still writing or took back; the next run looks again.
        seconds: wall time.
        error: why the step failed, None if it did not.
    """

    run_id: str
    feed: str
    started_at: datetime
    seconds: float
    seen: int = 0
    landed: tuple[str, ...] = ()
    changing: tuple[str, ...] = ()
    error: str | None = None


class JudgingOutcome(Record):
    """What a run did with the waiting deliveries of a feed.

    Attributes:
        deliveries: in the order of their arrival; with an error, those that had been committed before it.
        faults: deliveries that the store has not kept as they were received; the others were judged without them.
        expectations: what Great Expectations found on the batch, empty where no delivery could be read.
        seconds: wall time by part: `sql` the one-pass judgement, `expectations` the suite, `store` writing.
        error: why the step failed, None if it did not.
    """

    run_id: str
    feed: str
    started_at: datetime
    seconds: dict[str, float]
    deliveries: tuple[DeliveryOutcome, ...] = ()
    faults: tuple[DeliveryFault, ...] = ()
    expectations: tuple[ExpectationOutcome, ...] = ()
    error: str | None = None
