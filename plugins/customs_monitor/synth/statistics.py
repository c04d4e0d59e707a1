"""The Member States' quarterly statistics: common risk criteria, their combinations, and controls."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from random import Random

from customs_monitor.synth.magnitudes import (
    AEO_CONTROLS,
    AEO_IRREGULARITIES,
    AEO_SHARE,
    CONTROLS_PER_MILLION,
    DECLARATIONS_PER_YEAR,
    HIGH_INTEREST_COUNTRIES,
    HITS_PER_QUARTER,
    IRREGULARITIES_PER_THOUSAND,
    NEVER_FINDS,
    NEVER_HIT,
    SIZES,
)
from customs_monitor.synth.senders import remark
from customs_monitor.synth.world import Row, World

#: Sub-types of declaration that small Member States do not have.
_RARE = {("IM", "OTHER"), ("EX", "EIDR"), ("TR", "SIMPLIFIED"), ("TR", "TIR")}
_SMALL = 10


def crc_rows(world: World, period: str, sender: str) -> Iterator[Row]:
    """Yield the hits of a Member State by movement, criterion and high-interest country."""
    chance = world.random("crc_statistics", period, sender)
    habits = world.random("crc_statistics", sender)
    in_use = [code for code in world.codes("crc_code", period) if code != NEVER_HIT]
    most = 4 + min(len(in_use) - 4, SIZES[sender] // 10)
    for movement, hits in HITS_PER_QUARTER.items():
        criteria = sorted(habits.sample(in_use, max(2, most if movement == "ENTRY" else most // 2)))
        for code in criteria:
            touched = sorted(habits.sample(HIGH_INTEREST_COUNTRIES, habits.randint(0, 3)))
            for country in ["_Z", *touched]:
                share = hits * SIZES[sender] / 1000 / len(criteria) / (1 if country == "_Z" else 6)
                yield _hits(chance, period, sender, movement, code, country, _about(chance, share))


def _hits(chance: Random, period: str, sender: str, movement: str, code: str, country: str, automated: int) -> Row:
    assessed = int(automated * chance.uniform(0.05, 0.4))
    controls = int(assessed * chance.uniform(0.3, 0.9))
    return {
        "reference_period": period,
        "member_state": sender,
        "movement": movement,
        "crc_code": code,
        "high_interest_country": country,
        "automated_hits": automated,
        "hits_after_assessment": assessed,
        "controls": controls,
        "positive_results": 0 if code == NEVER_FINDS else int(controls * chance.uniform(0.0, 0.15)),
        "comment": remark(chance, sender),
    }


def combination_rows(world: World, period: str, sender: str) -> Iterator[Row]:
    """Yield the hits of several criteria on one declaration."""
    chance = world.random("crc_combination_statistics", period, sender)
    in_use = [code for code in world.codes("crc_code", period) if code != NEVER_HIT]
    for movement, hits in HITS_PER_QUARTER.items():
        criteria = sorted(chance.sample(in_use, 4))
        for size in (2, 3):
            together = list(combinations(criteria, size))
            for codes in sorted(chance.sample(together, chance.randint(1, len(together) - 1))):
                automated = _about(chance, hits * SIZES[sender] / 1000 / 10 ** (size + 1))
                yield {
                    "reference_period": period,
                    "member_state": sender,
                    "movement": movement,
                    "crc_codes": "+".join(codes),
                    "automated_hits": automated,
                    "hits_after_assessment": int(automated * chance.uniform(0.2, 0.7)),
                }


def control_rows(world: World, period: str, sender: str) -> Iterator[Row]:
    """Yield the controls of a Member State by declaration type and sub-type, operator status and control type."""
    chance = world.random("control_statistics", period, sender)
    habits = world.random("control_statistics", sender)
    strictness = habits.uniform(0.6, 1.6)
    growth = 1 + 0.01 * (int(period[:4]) - 2024)
    for (kind, subtype), yearly in DECLARATIONS_PER_YEAR.items():
        if (kind, subtype) in _RARE and SIZES[sender] < _SMALL and habits.random() < 0.7:
            continue
        lodged = yearly / 4 * SIZES[sender] / 1000 * growth
        for status in ("AEO", "NON_AEO"):
            # A TIR carnet has a holder of its own kind: no status is reported there but one.
            if subtype == "TIR" and status == "AEO":
                continue
            is_aeo = status == "AEO"
            declarations = _about(chance, lodged * (AEO_SHARE if is_aeo else 1 - AEO_SHARE))
            for control_type, per_million in CONTROLS_PER_MILLION.items():
                # Nobody checks a low-value consignment after its release, nor transit by an authorised operator.
                if control_type == "PRC" and (subtype == "LOW_VALUE" or (kind == "TR" and is_aeo)):
                    continue
                share = per_million / 1_000_000 * strictness * (AEO_CONTROLS if is_aeo else 1)
                share /= 20 if subtype == "LOW_VALUE" else 1
                controls = min(declarations, _about(chance, declarations * share))
                found = IRREGULARITIES_PER_THOUSAND[control_type] / 1000 * (AEO_IRREGULARITIES if is_aeo else 1)
                yield {
                    "reference_period": period,
                    "member_state": sender,
                    "declaration_type": kind,
                    "declaration_subtype": subtype,
                    "operator_status": status,
                    "control_type": control_type,
                    "declarations": declarations,
                    "controls": controls,
                    "irregularities": min(controls, _about(chance, controls * found)),
                    "comment": remark(chance, sender),
                }


def _about(chance: Random, expected: float) -> int:
    """Draw a count around what is expected; small ones vary more, and may be 0."""
    spread = 0.15 if expected > 100 else 0.8
    return int(expected * chance.uniform(1 - spread, 1 + spread) + chance.random())
