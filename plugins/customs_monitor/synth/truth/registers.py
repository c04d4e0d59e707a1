"""The indicators that rest on registers of Commission departments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from .observations import EU, Coverage, Indicator, Observation, Row, areas, number, share, text, totals
from .periods import first_day, last_day, members

#: What a register leads to, given its rows, the period and who delivered.
Reading: TypeAlias = Callable[[list[Row], str, Coverage], Iterator[Observation]]


def _counted(
    indicator: str, period: str, coverage: Coverage, counts: Iterable[tuple[str, list[str], int]]
) -> Iterator[Observation]:
    """Yield NUMBER with totals from areas, keys and counts."""
    sums: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for area, parts, count in counts:
        for key in totals(parts):
            sums[area, key] += count
    about = Indicator(indicator, period, coverage)
    for (area, key), total in sums.items():
        yield from about.cell(area, key, {"NUMBER": total})


def _distinct(
    indicator: str, period: str, coverage: Coverage, things: Iterable[tuple[str, list[str], str]]
) -> Iterator[Observation]:
    """Yield NUMBER of different things: what lies in several keys counts once in their total."""
    found: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for area, parts, thing in things:
        for key in totals(parts):
            found.setdefault((area, key), set()).add(thing)
    about = Indicator(indicator, period, coverage)
    for (area, key), different in found.items():
        yield from about.cell(area, key, {"NUMBER": len(different)})


def _parts(row: Row, *columns: str) -> list[str]:
    return [text(row, column) for column in columns]


def _by(value: str | int | bool | None, day: str) -> bool:
    """Tell whether something is dated, and not after the day."""
    return isinstance(value, str) and value <= day


def _in_use(row: Row, day: str) -> bool:
    """Tell whether an entry has begun and not ended on the day; its last day counts."""
    end = row["active_to"]
    return text(row, "active_from") <= day and (end is None or text(row, "active_to") >= day)


def _suspended(row: Row, day: str) -> bool:
    if not _by(row["suspended_from"], day):
        return False
    return row["suspended_to"] is None or text(row, "suspended_to") >= day


def it_projects(rows: list[Row], period: str, coverage: Coverage) -> Iterator[Observation]:
    """o12-1."""
    done = [row for row in rows if row["status"] == "COMPLETED"]
    counts = ((EU, _parts(row, "system_code", "work_type", "purpose"), 1) for row in done)
    return _counted("o12-1", period, coverage, counts)


def it_systems(rows: list[Row], period: str, coverage: Coverage) -> Iterator[Observation]:
    """o12-3 on all systems, and o4-4 on CRMS2."""
    crms2 = [row for row in rows if row["system_code"] == "CRMS2"]
    yield from _statuses("o12-3", rows, ("system_code", "aspect", "actor"), period, coverage)
    yield from _statuses("o4-4", crms2, ("aspect", "actor"), period, coverage)


def _statuses(
    indicator: str, rows: list[Row], columns: tuple[str, ...], period: str, coverage: Coverage
) -> Iterator[Observation]:
    cells: dict[tuple[str, ...], Counter[str]] = {}
    for row in rows:
        for key in totals(_parts(row, *columns)):
            cells.setdefault(key, Counter())[text(row, "status")] += 1
    about = Indicator(indicator, period, coverage)
    for key, found in cells.items():
        four = ("NOT_STARTED", "ONGOING", "COMPLETED", "PERMANENT")
        counts = {f"COUNT_{status}": found[status] for status in four}
        of_all = share(found["COMPLETED"], sum(counts.values()))
        yield from about.cell(EU, key, {**counts, "SHARE_COMPLETED": of_all})


def legislation(rows: list[Row], period: str, coverage: Coverage) -> Iterator[Observation]:
    """o12-4: the Union's figure is of its own acts and those of its members."""

    def counts() -> Iterator[tuple[str, list[str], int]]:
        for row in rows:
            if _by(row["application_date"], last_day(period)):
                own = text(row, "act_area")
                for area in {own, EU} if own in members(period) | {EU} else {own}:
                    yield area, _parts(row, "act_type"), 1

    return _counted("o12-4", period, coverage, counts())


def ics2_registrations(rows: list[Row], period: str, coverage: Coverage) -> Iterator[Observation]:
    """o12-5."""
    return _counted(
        "o12-5",
        period,
        coverage,
        (
            (area, _parts(row, "operator_role", "ics2_release"), number(row, "registered_operators"))
            for row in rows
            for area in areas(text(row, "member_state"), period)
        ),
    )


def fora_tools(rows: list[Row], period: str, coverage: Coverage) -> Iterator[Observation]:
    """o12-6."""
    counts = ((EU, _parts(row, "forum_tool_kind", "forum_tool_status"), 1) for row in rows)
    return _counted("o12-6", period, coverage, counts)


def methodology_projects(rows: list[Row], period: str, coverage: Coverage) -> Iterator[Observation]:
    """o3-1."""
    begun = [row for row in rows if row["status"] != "NOT_STARTED"]
    things = ((EU, _parts(row, "risk_type"), text(row, "project_id")) for row in begun)
    return _distinct("o3-1", period, coverage, things)


def policy_tools(rows: list[Row], period: str, coverage: Coverage) -> Iterator[Observation]:
    """o3-2."""
    done = [row for row in rows if row["status"] == "COMPLETED"]
    things = ((EU, _parts(row, "policy_area", "work_type"), text(row, "tool_id")) for row in done)
    return _distinct("o3-2", period, coverage, things)


def border_analyses(rows: list[Row], period: str, coverage: Coverage) -> Iterator[Observation]:
    """o4-1."""
    done = [row for row in rows if row["status"] == "COMPLETED"]
    things = ((EU, _parts(row, "border_type"), text(row, "analysis_id")) for row in done)
    return _distinct("o4-1", period, coverage, things)


def common_risk_criteria(rows: list[Row], period: str, coverage: Coverage) -> Iterator[Observation]:
    """o4-2: criteria defined so far, those that have ended among them."""
    defined = [row for row in rows if _by(row["valid_from"], last_day(period))]
    return _counted("o4-2", period, coverage, ((EU, _parts(row, "crc_policy_area"), 1) for row in defined))


def programme_actions(rows: list[Row], period: str, coverage: Coverage) -> Iterator[Observation]:
    """o567-2."""
    things = (
        (area, _parts(row, "action_kind"), text(row, "action_code"))
        for row in rows
        for area in areas(text(row, "member_state"), period)
    )
    return _distinct("o567-2", period, coverage, things)


def mutual_recognition_agreements(rows: list[Row], period: str, coverage: Coverage) -> Iterator[Observation]:
    """o567-6."""
    counts = ((EU, _parts(row, "counterpart_area", "agreement_status"), 1) for row in rows)
    return _counted("o567-6", period, coverage, counts)


def ens_third_country_aeo(rows: list[Row], period: str, coverage: Coverage) -> Iterator[Observation]:
    """o567-7."""
    counts = ((EU, _parts(row, "counterpart_area", "transport_mode"), number(row, "ens_count")) for row in rows)
    return _counted("o567-7", period, coverage, counts)


def cooperation_models(rows: list[Row], period: str, coverage: Coverage) -> Iterator[Observation]:
    """o567-8."""
    ready = [row for row in rows if _by(row["developed_date"], last_day(period))]
    things = ((EU, _parts(row, "model_kind", "counterpart_area"), text(row, "model_id")) for row in ready)
    return _distinct("o567-8", period, coverage, things)


#: The registers of which every row is kept until it is evaluated.
READINGS: dict[str, Reading] = {
    reading.__name__: reading
    for reading in (
        it_projects, it_systems, legislation, ics2_registrations, fora_tools, methodology_projects, policy_tools,
        border_analyses, common_risk_criteria, programme_actions, mutual_recognition_agreements, ens_third_country_aeo,
        cooperation_models,
    )
}  # fmt: skip


def _is_authorised(row: Row, period: str) -> bool:
    day = last_day(period)
    return _in_use(row, day) and not _suspended(row, day)


def _is_active(row: Row, period: str) -> bool:
    return _in_use(row, last_day(period))


def _is_issued(row: Row, period: str) -> bool:
    return first_day(period) <= text(row, "issued_date") <= last_day(period)


#: The long registers: indicator, whether a row counts, and the columns of area and key. Only their counts are kept.
LONG: dict[str, tuple[str, Callable[[Row, str], bool], str, str]] = {
    "aeo_register": ("o567-3", _is_authorised, "member_state", "aeo_type"),
    "risk_profiles": ("o4-6", _is_active, "member_state", "rif_category"),
    "risk_information_forms": ("o4-5", _is_issued, "issuing_administration", "rif_category"),
}


def from_counts(
    indicator: str, counts: Counter[tuple[str, str]], period: str, coverage: Coverage
) -> Iterator[Observation]:
    """Yield NUMBER from how many entries of a long register count, by area and key."""
    placed = ((area, [key], count) for (own, key), count in counts.items() for area in areas(own, period))
    return _counted(indicator, period, coverage, placed)
