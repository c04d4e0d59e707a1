"""Closings in words, for a run's summary, a log and a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC

from customs_monitor.collection.closing import Change, Closing

#: Senders named in one line; the record has them all.
_NAMED = 8


def closing_lines(closings: Iterable[Closing]) -> Iterator[str]:
    """Yield a line per closing: which collection and period, why, and who is missing."""
    for closing in closings:
        yield f"{closing.feed} {closing.period}: {sentence(closing)}"


def sentence(closing: Closing, label: Callable[[str], str] = str) -> str:
    """Return what happened, without a full stop.

    Args:
        closing: the closing.
        label: gives a sender's name; its code by default.
    """
    if closing.occasion == "complete":
        return f"closed on {_day(closing)}, complete: {_count(closing)}"
    if closing.occasion == "deadline":
        what = f"closed on {_day(closing)} at the deadline ({closing.due_on}) {without(closing, label)}"
    else:
        changed = "; ".join(_changed(closing.changes, label))
        what = f"revised on {_day(closing)} (revision {closing.number - 1}): {changed}"
        what += f"; now {without(closing, label)}" if closing.missing else f"; now complete: {_count(closing)}"
    return f"{what}; provisional" if closing.provisional else what


def without(closing: Closing, label: Callable[[str], str] = str) -> str:
    """Return who is missing, in words."""
    if not closing.sent:
        return f"without all {len(closing.expected)} senders"
    return f"without {_named(closing.missing, label)}"


def _changed(changes: Sequence[Change], label: Callable[[str], str]) -> Iterator[str]:
    kinds = list(dict.fromkeys(change.change for change in changes))
    for kind in kinds:
        yield f"{_named([change.sender for change in changes if change.change == kind], label)} {kind}"


def _named(senders: Sequence[str], label: Callable[[str], str]) -> str:
    more = f" and {len(senders) - _NAMED} more" if len(senders) > _NAMED + 1 else ""
    return ", ".join(label(sender) for sender in senders[: _NAMED if more else None]) + more


def _count(closing: Closing) -> str:
    return f"{len(closing.sent)} of {len(closing.expected)} senders"


def _day(closing: Closing) -> str:
    return f"{closing.at.astimezone(UTC):%Y-%m-%d}"
