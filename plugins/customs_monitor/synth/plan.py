"""Which deliveries there are: by whom, for which period, in which wave, how good, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from customs_monitor.synth.confidentiality import STATISTICS, hiding, marked
from customs_monitor.synth.magnitudes import SIZES
from customs_monitor.synth.populations import LONG
from customs_monitor.synth.questionnaire import DISTRIBUTED_CYCLE, distribution_rows, questionnaire_rows
from customs_monitor.synth.registers import ANNUAL, CYCLICAL, QUARTERLY
from customs_monitor.synth.statistics import combination_rows, control_rows, crc_rows
from customs_monitor.synth.world import Row, World

#: `inbox` is what has arrived when the platform runs for the first time, `wave2` what arrives afterwards.
Wave = Literal[1, 2]
Kind = Literal["data", "nil", "bad"]

_COLLECTIONS: dict[str, Callable[[World, str, str], Iterator[Row]]] = {
    "crc_statistics": crc_rows,
    "crc_combination_statistics": combination_rows,
    "control_statistics": control_rows,
    "ms_questionnaire": questionnaire_rows,
}
_REGISTERS = {**ANNUAL, **QUARTERLY, **CYCLICAL, **LONG}
#: One Member State never reports to one of these.
_NEVER = ("crc_statistics", "control_statistics", "ms_questionnaire")
#: In each collection and period so many are late, so many send a second version, and so many have nothing to report;
#: fewer where few report.
_LATE, _REVISING, _NIL = 2, 2, 1
#: Of the Member States that may have nothing to report.
_SMALLEST = 6
#: A register of the Commission is late or revised with these chances.
_REGISTER_LATE, _REGISTER_REVISED = 0.05, 0.12
#: Always there and right: what is made of them depends on the questionnaire, too, and is to vary with that alone.
_RELIABLE = ("eu_agreements", "survey_results")


@dataclass(frozen=True)
class Delivery:
    """One file.

    Attributes:
        version: from 1; deliveries of one group (feed, period, sender) arrive in this order.
        revision: 0 for the rows as first known, 1 as mended or looked at again later.
        kind: `bad` has errors and is refused.
        hides: whether some of its rows are confidential.
        number: where it stands among all; defects are dealt out by it.
    """

    feed: str
    period: str
    sender: str
    wave: Wave
    version: int
    kind: Kind
    revision: int = 0
    hides: bool = False
    number: int = 0

    @property
    def stem(self) -> str:
        """Name of its file without the suffix; the names of a group sort in the order of its versions."""
        who = () if self.sender == "TAXUD" else (self.sender,)
        return "_".join((self.feed, self.period, *who, f"v{self.version}"))


def rows_of(world: World, delivery: Delivery) -> Iterator[Row]:
    """Yield the rows of a delivery as they should be, before a revision or defects."""
    if delivery.feed in _COLLECTIONS:
        rows = _COLLECTIONS[delivery.feed](world, delivery.period, delivery.sender)
        if delivery.feed not in STATISTICS:
            return rows
        return marked(world, delivery.feed, delivery.period, delivery.sender, rows, hides=delivery.hides)
    if delivery.feed == "survey_results":
        return distribution_rows(world, delivery.period)
    return _REGISTERS[delivery.feed](world, delivery.period)


def planned(world: World, defects: float) -> list[Delivery]:
    """Return all deliveries, those of a group in their order.

    Args:
        world: what is synthesised.
        defects: share of the groups whose first delivery is bad; what is mended comes after it, or never.
    """
    groups = [*_collections(world), *_registers(world)]
    chance = world.random("defects")
    spoiled: set[int] = set()
    if defects:
        sound = [
            number for number, group in enumerate(groups) if group[0].kind == "data" and group[0].feed not in _RELIABLE
        ]
        spoiled = set(chance.sample(sound, min(len(sound), max(1, round(defects * len(groups))))))
    found: list[Delivery] = []
    for number, group in enumerate(groups):
        found += _spoiled(group, chance) if number in spoiled else group
    return [replace(delivery, number=number) for number, delivery in enumerate(found)]


def _collections(world: World) -> Iterator[list[Delivery]]:
    silent_feed = _NEVER[world.seed % len(_NEVER)]
    silent = world.random("never").choice(sorted(world.members - {"UK"}))
    for feed in _COLLECTIONS:
        for period in world.cycles if feed == "ms_questionnaire" else world.quarters:
            chance = world.random("punctuality", feed, period)
            senders = [
                sender for sender in world.senders(feed, period) if (feed, sender) != (silent_feed, silent)
            ]  # fmt: skip
            small = sorted(senders, key=lambda sender: SIZES[sender])[:_SMALLEST]
            nil = set(chance.sample(small, _some_of(senders, _NIL)))
            others = [sender for sender in senders if sender not in nil]
            late = set(_unpunctual(world, feed, others, chance, _some_of(others, _LATE)))
            in_time = [sender for sender in others if sender not in late]
            hides = hiding(world, feed, period, others)
            revising = set(chance.sample(in_time, _some_of(in_time, _REVISING)))
            for sender in senders:
                wave: Wave = 2 if sender in late else 1
                first = Delivery(
                    feed, period, sender, wave, 1, "nil" if sender in nil else "data", hides=sender == hides
                )
                yield [first, replace(first, wave=2, version=2, revision=1)] if sender in revising else [first]


def _some_of(senders: list[str], most: int) -> int:
    """Return how many of the senders have a habit: no more than one in three."""
    return min(most, len(senders) // 3)


def _unpunctual(world: World, feed: str, senders: list[str], chance: Random, number: int) -> list[str]:
    """Choose who is late: always some of the same few."""
    habitual = world.random("unpunctual", feed).sample(senders, min(len(senders), 3 * number))
    return chance.sample(habitual, number)


def _registers(world: World) -> Iterator[list[Delivery]]:
    for feeds, periods in (
        (ANNUAL, world.years),
        ({**QUARTERLY, **LONG}, world.quarters),
        (CYCLICAL, world.cycles),
        ({"survey_results": None}, [cycle for cycle in world.cycles if cycle == DISTRIBUTED_CYCLE]),
    ):
        for feed in feeds:
            for period in periods:
                chance = world.random("punctuality", feed, period)
                late = chance.random() < _REGISTER_LATE and feed not in _RELIABLE
                first = Delivery(feed, period, "TAXUD", 2 if late else 1, 1, "data")
                # Before there is anything to register there is no register.
                if next(rows_of(world, first), None) is None:
                    continue
                again = not late and feed not in _RELIABLE and chance.random() < _REGISTER_REVISED
                yield [first, replace(first, wave=2, version=2, revision=1)] if again else [first]


def _spoiled(group: list[Delivery], chance: Random) -> list[Delivery]:
    """Put a bad delivery before those of a group: mended at once, mended in the second wave, or never."""
    bad = replace(group[0], kind="bad")
    fate = chance.choice(("at once", "later", "never"))
    if fate == "never":
        return [bad]
    mended = [replace(item, version=item.version + 1) for item in group]
    return [bad, *[replace(item, wave=2) if fate == "later" else item for item in mended]]
