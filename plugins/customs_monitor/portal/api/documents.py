"""What the interface for machines says and takes, as documents."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from customs_monitor.collection.records import RuleCount, Verdict
from customs_monitor.collection.uploads import UploadState
from customs_monitor.contracts.model import Severity

#: An id of 32 hexadecimal digits.
UploadId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]
Text = Annotated[str, Field(min_length=1, max_length=2000)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProblemDocument(BaseModel):
    """An error (RFC 9457); `code` names its kind for programs, `detail` says what to do."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str


class PeriodDocument(_Document):
    """A period of a collection and how the sender stands in it.

    `state` is that of the version that counts, else of the last one; without any: missing, due (in 14 days) or late.
    """

    period: str
    state: str
    versions: int
    due_on: date | None
    days_left: int
    received_at: datetime | None
    days_late: int


class CollectionDocument(_Document):
    """A collection that the sender delivers to; the latest periods first."""

    id: str
    name: str
    cadence: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    periods: tuple[PeriodDocument, ...]


class NewUpload(_Document):
    """A file that is going to be sent.

    `intent` `check` has it judged and nothing more; `send` makes it a delivery once it is judged, refused or not, so
    that nobody needs to confirm. `size` and `sha256` are held against what arrives, where they are given.
    """

    collection: Annotated[str, Field(max_length=60)]
    file: Annotated[str, Field(min_length=1, max_length=200)]
    period: Annotated[str, Field(max_length=20)] | None = None
    size: Annotated[int, Field(ge=1)] | None = None
    sha256: Sha256 | None = None
    intent: Literal["check", "send"] = "check"


class RowsDocument(_Document):
    """How many rows were read, and what became of them."""

    read: int
    accepted: int
    refused: int


class VerdictDocument(_Document):
    """A verdict with how often each rule was broken; the issues themselves are in the report."""

    verdict: Verdict
    period: str
    contract_version: str
    rows: RowsDocument
    issues: tuple[RuleCount, ...]


class DeliveryName(_Document):
    """Which delivery an upload has become."""

    collection: str
    period: str
    sender: str
    delivery_id: str
    version: int
    kind: Literal["sent", "resent"]


class UploadDocument(_Document):
    """An upload and how far it is.

    `received` is the offset to go on from. `members` are the uploads of the files that an archive holds, which are
    sent in its place. `delivery` is there once it is sent.
    """

    upload_id: str
    collection: str
    sender: str
    period: str | None
    file: str
    intent: Literal["check", "send"]
    size: int | None
    received: int
    state: UploadState
    opened_at: datetime
    opened_by: str
    verdict: VerdictDocument | None = None
    members: tuple[str, ...] = ()
    delivery: DeliveryName | None = None


class Completion(_Document):
    """Says that all bytes were sent; `sha256` of the file, where it was not announced."""

    sha256: Sha256 | None = None


class IssueDocument(_Document):
    """One issue: what is wrong, where, and what to do."""

    code: str
    rule: str
    severity: Severity
    level: int
    line: int | None
    column: str | None
    value: str | None
    message: str
    cure: str


class IssuesDocument(_Document):
    """A page of issues, in the order of the file; `total` are all that the filter leaves."""

    total: int
    page: int
    pages: int
    issues: tuple[IssueDocument, ...]


class QuestionDocument(_Document):
    """A figure that asks for an explanation; it never refuses a delivery."""

    code: str
    rule: str
    severity: Severity
    level: int
    subject: str
    column: str
    value: float
    lower: float | None
    upper: float | None
    message: str
    cure: str


class ExplanationDocument(_Document):
    """An explanation of the warnings of a rule; `number` names it."""

    number: int
    rule: str
    text: str
    expires_on: date
    at: datetime


class NewExplanation(_Document):
    """Why the warnings of a rule, or the questions of a content check, are right as they are; shown to all readers."""

    rule: Annotated[str, Field(min_length=1, max_length=120)]
    text: Text
    expires_on: date


class DeliveryDocument(_Document):
    """A version of a delivery: received, checking, refused, accepted (with warnings), superseded or withdrawn."""

    collection: str
    period: str
    sender: str
    delivery_id: str
    version: int
    state: str
    current: bool
    file: str
    size: int
    sha256: str
    received_at: datetime
    verdict: VerdictDocument | None
    explanations: tuple[ExplanationDocument, ...]
    acknowledged: bool


class Withdrawal(_Document):
    """Why a delivery is taken back: the sender is missing then, until she sends another."""

    reason: Text


class NewNilReturn(_Document):
    """Says that there is nothing to report for a period; it goes the way of every delivery."""

    collection: Annotated[str, Field(max_length=60)]
    period: Annotated[str, Field(max_length=20)]
    intent: Literal["check", "send"] = "send"


class NewWebhook(_Document):
    """An address that verdicts are told to."""

    url: Annotated[HttpUrl, Field(max_length=500)]


class WebhookDocument(_Document):
    """An address that verdicts are told to, by signed POST requests."""

    webhook_id: str
    url: str
    registered_at: datetime
    registered_by: str
    failures: Annotated[int, Field(description="Calls in a row that were not answered with 2xx.")] = 0
