"""What an explanation of a figure consists of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from customs_monitor.collection.records import Record, RuleCount
from customs_monitor.release.exclusions import Exclusion
from customs_monitor.release.row_issues import RowIssue
from customs_monitor.release.show import Cell


class Step(Record):
    """A model on the way from the deliveries to the figure, with its SQL where the release has it."""

    name: str
    description: str
    reads: tuple[str, ...]
    sql: str = ""


class DeliveryBehind(Record):
    """A delivery that a figure rests on, from receipt to verdict.

    Attributes:
        landing: key of the bytes as received.
        issues: the rules broken, those about known source errors that were corrected included.
        rows_used: rows of it that the figures rest on; None where that cannot be told.
    """

    feed: str
    period: str
    sender: str
    delivery_id: str
    file: str
    origin: str
    received_at: datetime
    sha256: str
    size: int
    synthetic: bool
    landing: str
    verdict: str
    contract_version: str
    rows_read: int
    rows_accepted: int
    rows_refused: int
    issues: tuple[RuleCount, ...]
    rows_used: int | None = None


class RowBehind(Record):
    """An accepted row that a figure rests on; its values are left out where the figure is confidential."""

    feed: str
    sender: str
    period: str
    delivery_id: str
    file: str
    line: int
    values: Mapping[str, Cell]


class FeedRules(Record):
    """The rules that the rows of a feed passed: those of its contract, and the codes of those every contract has."""

    feed: str
    contract_version: str
    rules: tuple[str, ...]
    general: tuple[str, ...]


class Rows(Record):
    """The rows that figures rest on.

    Attributes:
        total: how many there are.
        looked_at: rows that were looked at to decide which enter the figures.
        shown: the first of them, by feed, sender and line.
        withheld: whether their values are left out, because a figure is confidential.
        agrees: whether the figures, computed again, are those published; None where these are not public.
        note: what to know where they are not.
    """

    total: int
    looked_at: int
    shown: tuple[RowBehind, ...]
    withheld: bool
    agrees: bool | None
    note: str = ""


class Explanation(Record):
    """Everything behind the figures of an indicator for one period and area.

    Attributes:
        rows: None where they cannot be told; `rows_unknown` says why.
        deliveries: those the rows are from, or all of the feeds and period where the rows cannot be told.
        senders_only: who delivered, counts among the senders and gives no row, by feed and period.
        issues: of the rows, without corrections.
        corrections: applied to the rows.
        exclusions: what does not count.
    """

    release_id: str
    created_at: datetime
    code_version: str
    indicator: str
    title: str
    period: str
    area: str
    cells: tuple[Mapping[str, Cell], ...]
    definition: str
    formula: str
    unit: str
    definition_version: str
    interpretation: str
    limits: str
    assumptions: tuple[str, ...]
    synthetic: bool
    lineage: tuple[Step, ...]
    deliveries: tuple[DeliveryBehind, ...]
    rows: Rows | None = None
    rows_unknown: str = ""
    senders_only: tuple[str, ...] = ()
    rules: tuple[FeedRules, ...] = ()
    issues: tuple[RowIssue, ...] = ()
    corrections: tuple[RowIssue, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
