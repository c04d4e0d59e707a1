"""The versions of a delivery and the state of each, from what was received, judged and done: no store, no clock.

Versions of one another are the deliveries of the same feed, period and sender. Their order is that in which they were
received, or last sent again. Where a delivery replaces the one before it, the last accepted one is current; withdrawn,
it leaves nothing in its place (ADR 0012).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from customs_monitor.collection.ledger import Event, ResentEvent, SentEvent, WithdrawnEvent
from customs_monitor.collection.records import JudgementRecord, Receipt

State = Literal[
    "received", "checking", "refused", "accepted_with_warnings", "accepted", "superseded", "withdrawn"
]  # fmt: skip
Change = Literal["check", "refuse", "accept_with_warnings", "accept", "supersede", "withdraw"]

_OF_ACCEPTED: Mapping[Change, State] = {"supersede": "superseded", "withdraw": "withdrawn"}
#: The same bytes, sent again.
_AGAIN: Mapping[Change, State] = {"accept_with_warnings": "accepted_with_warnings", "accept": "accepted"}
_TRANSITIONS: Mapping[State, Mapping[Change, State]] = {
    "received": {"check": "checking"},
    "checking": {"check": "checking", "refuse": "refused", **_AGAIN},
    "refused": {},
    "accepted_with_warnings": _OF_ACCEPTED,
    "accepted": _OF_ACCEPTED,
    # Withdrawn by one person while the version of another, which replaces it, was being judged.
    "superseded": {"withdraw": "withdrawn", **_AGAIN},
    "withdrawn": _AGAIN,
}


class NoTransition(ValueError):
    """A delivery in this state cannot change in this way."""


@dataclass(frozen=True)
class Version:
    """One version.

    Attributes:
        judgement: its verdict; None before it.
        current: whether it counts, but for real deliveries of other senders that displace synthetic ones.
    """

    receipt: Receipt
    judgement: JudgementRecord | None
    state: State
    current: bool


def transition(state: State, change: Change) -> State:
    """Return the state after a change.

    A version that is sent again is accepted again, from superseded or withdrawn.

    Raises:
        NoTransition: if there is no such change.
    """
    try:
        return _TRANSITIONS[state][change]
    except KeyError:
        raise NoTransition(f"a delivery that is {state} cannot {change}") from None


def versions(
    receipts: Iterable[Receipt],
    judgements: Mapping[str, JudgementRecord],
    events: Sequence[Event],
    *,
    replace: bool,
) -> list[Version]:
    """Return the versions in the order in which they supersede.

    Args:
        receipts: of one feed, period and sender.
        judgements: theirs, by the id of the delivery.
        events: their ledger.
        replace: whether a delivery replaces the one before it; if not, deliveries are parts that count together, and
            the order is that in which they were received.
    """
    ordered = sorted(receipts, key=lambda receipt: _position(receipt, events, replace))
    accepted = [
        receipt
        for receipt in ordered
        if (one := judgements.get(receipt.delivery_id)) and one.accepted_sha256 is not None
    ]
    last = accepted[-1].delivery_id if accepted else None
    found = []
    for receipt in ordered:
        judgement = judgements.get(receipt.delivery_id)
        state: State
        if judgement is None:
            state = "received"
        elif judgement.accepted_sha256 is None:
            state = "refused"
        elif withdrawal_of(receipt.delivery_id, events) is not None:
            state = "withdrawn"
        elif replace and receipt.delivery_id != last:
            state = "superseded"
        else:
            state = "accepted" if judgement.verdict == "accepted" else "accepted_with_warnings"
        found.append(Version(receipt, judgement, state, state in ("accepted", "accepted_with_warnings")))
    return found


def _position(receipt: Receipt, events: Sequence[Event], replace: bool) -> tuple[bool, int, int, int, datetime, str]:
    """Return what versions are sorted by; what was made up replaces nothing that is real.

    Two that arrived at once on S3 may have one sequence number; the order in which they were entered decides, or else
    time and id.
    """
    sent = resent = 0
    after = receipt.sequence
    for event in events:
        if event.delivery_id == receipt.delivery_id:
            if isinstance(event, SentEvent):
                sent = event.number
            elif isinstance(event, ResentEvent) and replace and event.after_sequence >= after:
                after, resent = event.after_sequence, event.number
    return not receipt.synthetic, after, resent, sent, receipt.received_at, receipt.delivery_id


def withdrawal_of(delivery_id: str, events: Sequence[Event]) -> WithdrawnEvent | None:
    """Return the event that withdrew a version, None if that was not the last that was done with it."""
    last: Event | None = None
    for event in events:
        if event.delivery_id == delivery_id and isinstance(event, WithdrawnEvent | ResentEvent):
            last = event
    return last if isinstance(last, WithdrawnEvent) else None
