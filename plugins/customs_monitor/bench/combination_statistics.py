"""Deliveries of combinations of criteria: a collection with more than a million different keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import combinations, islice
from pathlib import Path

from customs_monitor.contracts import Registry
from customs_monitor.contracts.periods import last_day

FEED, PERIOD = "crc_combination_statistics", "2026-Q3"
_HEADER = "reference_period,member_state,movement,crc_codes,automated_hits,hits_after_assessment\n"


def write_combinations(
    path: Path, registry: Registry, sender: str, rows: int, figures: Callable[[int], tuple[int, int]]
) -> None:
    """Write a delivery whose keys are all different and valid.

    Args:
        path: the file.
        registry: has the criteria.
        sender: whose delivery.
        rows: how many; at most as many as there are combinations.
        figures: automated hits and hits after assessment of a row, by its number.
    """
    codes = sorted(registry.codelists["crc_code"].valid_codes(last_day(PERIOD) or date.max))
    sets = (found for size in range(2, len(codes) + 1) for found in combinations(codes, size))
    keys = ((movement, "+".join(found)) for found in sets for movement in ("ENTRY", "EXIT", "TRANSIT"))
    with path.open("w", encoding="utf-8") as out:
        out.write(_HEADER)
        for number, (movement, found) in enumerate(islice(keys, rows)):
            hits, assessed = figures(number)
            out.write(f"{PERIOD},{sender},{movement},{found},{hits},{assessed}\n")
