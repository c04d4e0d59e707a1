"""The indicators on hits of common risk criteria (o4-7) and on controls (o3-5, o3-6, o567-20)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from .observations import Coverage, Indicator, Observation, Row, areas, number, share, text, totals


class _Sums:
    """Sums of a cell and whether a confidential row is among them."""

    def __init__(self, length: int) -> None:
        self.values = [0] * length
        self.confidential = False

    def add(self, values: Iterable[int], row: Row) -> None:
        self.values = [own + more for own, more in zip(self.values, values, strict=True)]
        self.confidential = self.confidential or row.get("conf_status") in ("C", "N")


def hits(rows: list[Row], period: str, coverage: Coverage) -> Iterator[Observation]:
    """Yield o4-7: hits by criterion, movement and high-interest country."""
    about = Indicator("o4-7", period, coverage)
    cells: dict[tuple[str, tuple[str, ...]], _Sums] = {}
    for row in rows:
        counts = [number(row, "automated_hits"), number(row, "hits_after_assessment")]
        for area in areas(text(row, "member_state"), period):
            for key in totals([text(row, name) for name in ("crc_code", "movement", "high_interest_country")]):
                cells.setdefault((area, key), _Sums(2)).add(counts, row)
    for (area, key), sums in cells.items():
        automated, assessed = sums.values
        values = {"HITS_AUTOMATED": automated, "HITS_ASSESSED": assessed}
        yield from about.cell(area, key, dict(values), confidential=sums.confidential)
    yield from about.missing_senders(3, "HITS_AUTOMATED")


def controls(rows: list[Row], period: str, coverage: Coverage) -> Iterator[Observation]:
    """Yield o3-5 and o3-6: controls, and those that found an irregularity."""
    number_of = Indicator("o3-5", period, coverage)
    share_of = Indicator("o3-6", period, coverage)
    cells: dict[tuple[str, tuple[str, ...]], _Sums] = {}
    for row in rows:
        counts = [number(row, "controls"), number(row, "irregularities")]
        for area in areas(text(row, "member_state"), period):
            for key in totals(
                [text(row, name) for name in ("control_type", "declaration_type", "declaration_subtype")]
            ):
                cells.setdefault((area, key), _Sums(2)).add(counts, row)
    for (area, key), sums in cells.items():
        carried_out, found = sums.values
        yield from number_of.cell(area, key, {"NUMBER": carried_out}, confidential=sums.confidential)
        yield from share_of.cell(
            area,
            key,
            {"SHARE": share(found, carried_out), "CONTROLS": carried_out, "IRREGULARITIES": found},
            confidential=sums.confidential,
        )
    yield from number_of.missing_senders(3, "NUMBER")
    yield from share_of.missing_senders(3, "SHARE")


def trusted_and_others(rows: list[Row], period: str, coverage: Coverage) -> Iterator[Observation]:
    """Yield o567-20: irregularities of authorised operators against those of others."""
    about = Indicator("o567-20", period, coverage)
    cells: dict[tuple[str, tuple[str, ...]], _Sums] = {}
    for row in rows:
        counts = [number(row, "controls"), number(row, "irregularities")]
        placed = [*counts, 0, 0] if row["operator_status"] == "AEO" else [0, 0, *counts]
        for area in areas(text(row, "member_state"), period):
            for key in totals([text(row, name) for name in ("control_type", "declaration_type")]):
                cells.setdefault((area, key), _Sums(4)).add(placed, row)
    for (area, key), sums in cells.items():
        controls_aeo, found_aeo, controls_other, found_other = sums.values
        rate_aeo, rate_other = share(found_aeo, controls_aeo), share(found_other, controls_other)
        difference: Fraction | None = None
        if rate_aeo is not None and rate_other is not None:
            difference = rate_aeo - rate_other
        yield from about.cell(
            area,
            key,
            {
                "IRREGULARITIES_AEO": found_aeo,
                "IRREGULARITIES_NON_AEO": found_other,
                "DIFFERENCE": found_aeo - found_other,
                "RATE_AEO": rate_aeo,
                "RATE_NON_AEO": rate_other,
                "RATE_DIFFERENCE": difference,
            },
            confidential=sums.confidential,
        )
    yield from about.missing_senders(2, "IRREGULARITIES_AEO")
