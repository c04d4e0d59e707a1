"""What senders keep confidential: in each quarter one of them, a few rows, in one of the statistics after the other.

A confidential row hides every total that rests on it. Were each small Member State to have some, hardly a total of the
Union would be left to publish, and collections are not agreed in that way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from customs_monitor.synth.magnitudes import SIZES
from customs_monitor.synth.world import Row, World

#: The collections whose rows may be confidential.
STATISTICS = ("control_statistics", "crc_statistics", "crc_combination_statistics")
#: Share in the trade of the Union, in thousandths, below which a Member State has something to hide: its one operator.
_SMALL = 10
#: Rows that are confidential in such a delivery; the share of them that is not for release (N), and not just so (C).
_ROWS, _NOT_FOR_RELEASE = 2, 0.3


def hiding(world: World, feed: str, period: str, senders: Sequence[str]) -> str | None:
    """Return which of the senders that have something to report hides some of it; None if none does."""
    if feed not in STATISTICS:
        return None
    turn = (world.seed + int(period[:4]) * 4 + int(period[-1])) % len(STATISTICS)
    if STATISTICS[turn] != feed or not senders:
        return None
    small = [sender for sender in senders if SIZES[sender] < _SMALL]
    return world.random("confidentiality", period).choice(small or senders)


def marked(world: World, feed: str, period: str, sender: str, rows: Iterable[Row], *, hides: bool) -> Iterator[Row]:
    """Yield the rows of a delivery of statistics with their confidentiality; what is free often says nothing."""
    chance = world.random("confidentiality", feed, period, sender)
    found = list(rows)
    hidden = set(chance.sample(range(len(found)), min(_ROWS, len(found)))) if hides else set()
    for place, row in enumerate(found):
        if place in hidden:
            yield row | {"conf_status": "N" if chance.random() < _NOT_FOR_RELEASE else "C"}
        else:
            yield row | {"conf_status": chance.choice(("F", None))}
