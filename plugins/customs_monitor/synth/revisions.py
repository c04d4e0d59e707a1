"""Second versions of deliveries: some figures are others, and some entries have gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

from customs_monitor.synth.world import Row

#: Counts that a revision lowers, each with the counts that may not exceed it.
_CHAINS = {
    "crc_statistics": ("automated_hits", "hits_after_assessment", "controls", "positive_results"),
    "crc_combination_statistics": ("automated_hits", "hits_after_assessment"),
    "control_statistics": ("controls", "irregularities"),
    "ics2_registrations": ("registered_operators",),
    "ens_third_country_aeo": ("ens_count",),
}


def revised(feed: str, rows: Iterable[Row], chance: Random) -> Iterator[Row]:
    """Yield the rows of a delivery as its second version has them.

    Every version keeps at least one row, and keeps what the contracts ask for: a part never exceeds its whole.
    """
    for number, row in enumerate(rows):
        drawn = chance.random()
        if drawn >= 0.15:
            yield row
        elif feed in _CHAINS:
            yield _lowered(row, _CHAINS[feed], chance)
        elif row.get("answer_score") is not None:
            yield row | {"answer_score": chance.randint(1, 4)}
        elif row.get("answer_count") is not None:
            yield row | {"answer_count": chance.randint(0, 8)}
        elif drawn >= 0.05 or number == 0:
            yield row


def _lowered(row: Row, chain: tuple[str, ...], chance: Random) -> Row:
    most: int | None = None
    changed = dict(row)
    for column in chain:
        value = row[column]
        assert isinstance(value, int)
        lowered = value - int(value * chance.uniform(0, 0.1))
        most = lowered if most is None else min(most, lowered)
        changed[column] = most
    return changed
