"""The registers of the Commission departments to their indicators, through the real dbt project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from customs_monitor.contracts import Registry
from customs_monitor.release.build import BuildResult, LocalDelivery, build
from customs_monitor.release.describing import describe
from customs_monitor.release.specs import load_specs
from customs_storage.parquet import write_parquet

Row = dict[str, Any]
#: Value by area and codes of the dimensions.
Cells = dict[tuple[str, ...], float]

EU = "EU27_2020"
SPECS = load_specs()


def cube(*entries: tuple[tuple[str, ...], float]) -> Cells:
    """Add figures by area and codes up to every total over the codes; the Union's figures are given like others."""
    cells: Counter[tuple[str, ...]] = Counter()
    for (area, *codes), value in entries:
        for totals in product((False, True), repeat=len(codes)):
            key = tuple("_T" if total else code for code, total in zip(codes, totals, strict=True))
            cells[area, *key] += value  # type: ignore[assignment]
    return dict(cells)


@dataclass(frozen=True)
class Case:
    """A register, what its indicator is, and what becomes of it when one row changes.

    Attributes:
        change: the row that changes and what it is then; None if it is taken out.
    """

    indicator: str
    feed: str
    rows: Sequence[Row]
    cells: Cells
    change: tuple[int, Row | None]
    changed: Cells
    period: str = "2026"
    measure: str = "NUMBER"

    @property
    def rows_after(self) -> list[Row]:
        """The rows with the change made."""
        number, row = self.change
        after = [{**self.rows[number], **row}] if row is not None else []
        return [*self.rows[:number], *after, *self.rows[number + 1 :]]


CASES = [
    Case(
        "o12-1",
        "it_projects",
        [
            {"project_id": "P1", "system_code": "ICS2", "work_type": "NEW", "purpose": "BOTH", "status": "COMPLETED"},
            {"project_id": "P2", "system_code": "AES", "work_type": "UPDATED", "purpose": "BOTH", "status": "ONGOING"},
        ],
        cube(((EU, "ICS2", "NEW", "BOTH"), 1)),
        (1, {"status": "COMPLETED"}),
        cube(((EU, "ICS2", "NEW", "BOTH"), 1), ((EU, "AES", "UPDATED", "BOTH"), 1)),
    ),
    Case(
        "o12-4",
        "legislation",
        [
            {"act_id": "A1", "act_area": EU, "act_type": "DIRECTIVE", "application_date": date(2020, 1, 1)},
            {"act_id": "A2", "act_area": "BE", "act_type": "NATIONAL_ACT", "application_date": date(2026, 12, 31)},
            {"act_id": "A3", "act_area": "FR", "act_type": "NATIONAL_ACT", "application_date": None},
        ],
        cube(((EU, "DIRECTIVE"), 1), (("BE", "NATIONAL_ACT"), 1), ((EU, "NATIONAL_ACT"), 1)),
        (1, {"application_date": date(2027, 1, 1)}),
        cube(((EU, "DIRECTIVE"), 1)),
    ),
    Case(
        "o12-5",
        "ics2_registrations",
        [
            {"member_state": "BE", "operator_role": "AIR", "ics2_release": "R2", "registered_operators": 7},
            {"member_state": "FR", "operator_role": "AIR", "ics2_release": "R2", "registered_operators": 5},
        ],
        cube((("BE", "AIR", "R2"), 7), (("FR", "AIR", "R2"), 5), ((EU, "AIR", "R2"), 12)),
        (1, {"registered_operators": 0}),
        cube((("BE", "AIR", "R2"), 7), (("FR", "AIR", "R2"), 0), ((EU, "AIR", "R2"), 7)),
        period="2026-Q3",
    ),
    Case(
        "o12-6",
        "fora_tools",
        [
            {"forum_tool_id": "F1", "forum_tool_kind": "FORUM", "forum_tool_status": "FUNCTIONING"},
            {"forum_tool_id": "T1", "forum_tool_kind": "TOOL", "forum_tool_status": "PLANNED"},
        ],
        cube(((EU, "FORUM", "FUNCTIONING"), 1), ((EU, "TOOL", "PLANNED"), 1)),
        (1, {"forum_tool_status": "ESTABLISHED"}),
        cube(((EU, "FORUM", "FUNCTIONING"), 1), ((EU, "TOOL", "ESTABLISHED"), 1)),
    ),
    Case(
        "o3-1",
        "methodology_projects",
        [
            {"project_id": "M1", "risk_type": "DRUGS", "status": "ONGOING"},
            {"project_id": "M1", "risk_type": "CASH", "status": "ONGOING"},
            {"project_id": "M2", "risk_type": "CASH", "status": "NOT_STARTED"},
        ],
        {(EU, "DRUGS"): 1, (EU, "CASH"): 1, (EU, "_T"): 1},
        (2, {"status": "ONGOING"}),
        {(EU, "DRUGS"): 1, (EU, "CASH"): 2, (EU, "_T"): 2},
    ),
    Case(
        "o3-2",
        "policy_tools",
        [
            {"tool_id": "T1", "policy_area": "IPR", "work_type": "NEW", "status": "COMPLETED"},
            {"tool_id": "T1", "policy_area": "FINANCIAL", "work_type": "NEW", "status": "COMPLETED"},
        ],
        {(EU, area, work): 1 for area in ("IPR", "FINANCIAL", "_T") for work in ("NEW", "_T")},
        (1, None),
        {(EU, area, work): 1 for area in ("IPR", "_T") for work in ("NEW", "_T")},
    ),
    Case(
        "o4-1",
        "border_analyses",
        [
            {"analysis_id": "A1", "border_type": "AIR", "status": "COMPLETED"},
            {"analysis_id": "A1", "border_type": "SEA", "status": "COMPLETED"},
        ],
        {(EU, "AIR"): 1, (EU, "SEA"): 1, (EU, "_T"): 1},
        (1, {"analysis_id": "A2"}),
        {(EU, "AIR"): 1, (EU, "SEA"): 1, (EU, "_T"): 2},
    ),
    Case(
        "o4-2",
        "common_risk_criteria",
        [
            {"defined_crc_code": "CRC01", "crc_policy_area": "CASH", "valid_from": date(2026, 12, 31)},
            {"defined_crc_code": "CRC02", "crc_policy_area": "IPR", "valid_from": date(2015, 1, 1),
             "valid_to": date(2016, 12, 31)},
        ],
        cube(((EU, "CASH"), 1), ((EU, "IPR"), 1)),
        (0, {"valid_from": date(2027, 1, 1)}),
        cube(((EU, "IPR"), 1)),
    ),
    Case(
        "o4-4",
        "it_systems",
        [
            {"system_code": "CRMS2", "aspect": "SPECIFICATION", "actor": "COM", "release": "_Z", "status": "COMPLETED"},
            {"system_code": "CRMS2", "aspect": "DEPLOYMENT", "actor": "COM", "release": "_Z", "status": "ONGOING"},
            {"system_code": "REX", "aspect": "DEPLOYMENT", "actor": "COM", "release": "_Z", "status": "COMPLETED"},
        ],
        cube(((EU, "SPECIFICATION", "COM"), 1), ((EU, "DEPLOYMENT", "COM"), 0)),
        (1, {"status": "COMPLETED"}),
        cube(((EU, "SPECIFICATION", "COM"), 1), ((EU, "DEPLOYMENT", "COM"), 1)),
        measure="COUNT_COMPLETED",
    ),
    Case(
        "o4-5",
        "risk_information_forms",
        [
            {"rif_id": "1", "rif_category": "DRUGS", "issuing_administration": "BE", "issued_date": date(2026, 9, 30)},
            {"rif_id": "2", "rif_category": "DRUGS", "issuing_administration": "CH", "issued_date": date(2026, 7, 1)},
        ],
        cube((("BE", "DRUGS"), 1), (("CH", "DRUGS"), 1), ((EU, "DRUGS"), 1)),
        (1, {"issuing_administration": "FR"}),
        cube((("BE", "DRUGS"), 1), (("FR", "DRUGS"), 1), ((EU, "DRUGS"), 2)),
        period="2026-Q3",
    ),
    Case(
        "o4-6",
        "risk_profiles",
        [
            {"profile_id": "P1", "member_state": "BE", "rif_category": "CASH", "active_from": date(2026, 9, 30)},
            {"profile_id": "P1", "member_state": "FR", "rif_category": "CASH", "active_from": date(2020, 1, 1),
             "active_to": date(2026, 9, 30)},
        ],
        cube((("BE", "CASH"), 1), (("FR", "CASH"), 1), ((EU, "CASH"), 2)),
        (1, {"active_to": date(2026, 9, 29)}),
        cube((("BE", "CASH"), 1), ((EU, "CASH"), 1)),
        period="2026-Q3",
    ),
    Case(
        "o567-2",
        "programme_actions",
        [
            {"action_code": "A1", "member_state": "BE", "action_kind": "VISIT"},
            {"action_code": "A1", "member_state": "FR", "action_kind": "VISIT"},
        ],
        cube((("BE", "VISIT"), 1), (("FR", "VISIT"), 1), ((EU, "VISIT"), 1)),
        (1, None),
        cube((("BE", "VISIT"), 1), ((EU, "VISIT"), 1)),
    ),
    Case(
        "o567-3",
        "aeo_register",
        [
            {"authorisation_id": "BE AEOC 1", "member_state": "BE", "aeo_type": "AEOC",
             "active_from": date(2015, 1, 1)},
            {"authorisation_id": "FR AEOF 1", "member_state": "FR", "aeo_type": "AEOF",
             "active_from": date(2015, 1, 1), "suspended_from": date(2026, 8, 1), "suspended_to": date(2026, 9, 29)},
        ],
        cube((("BE", "AEOC"), 1), (("FR", "AEOF"), 1), ((EU, "AEOC"), 1), ((EU, "AEOF"), 1)),
        (1, {"suspended_to": date(2026, 9, 30)}),
        cube((("BE", "AEOC"), 1), ((EU, "AEOC"), 1)),
        period="2026-Q3",
    ),
    Case(
        "o567-6",
        "mutual_recognition_agreements",
        [
            {"agreement_id": "M1", "counterpart_area": "JP", "agreement_status": "IN_FORCE",
             "in_force_since": date(2010, 6, 24)},
            {"agreement_id": "M2", "counterpart_area": "CA", "agreement_status": "NEGOTIATION"},
        ],
        cube(((EU, "JP", "IN_FORCE"), 1), ((EU, "CA", "NEGOTIATION"), 1)),
        (1, {"agreement_status": "IN_FORCE", "in_force_since": date(2026, 12, 31)}),
        cube(((EU, "JP", "IN_FORCE"), 1), ((EU, "CA", "IN_FORCE"), 1)),
    ),
    Case(
        "o567-7",
        "ens_third_country_aeo",
        [
            {"counterpart_area": "US", "transport_mode": "4", "ens_count": 100},
            {"counterpart_area": "US", "transport_mode": "1", "ens_count": 40},
        ],
        cube(((EU, "US", "4"), 100), ((EU, "US", "1"), 40)),
        (1, {"ens_count": 41}),
        cube(((EU, "US", "4"), 100), ((EU, "US", "1"), 41)),
        period="2026-Q3",
    ),
    Case(
        "o567-8",
        "cooperation_models",
        [
            {"model_id": "M1", "counterpart_area": area, "model_kind": "TRADE_LANE", "developed_date": date(2014, 1, 1)}
            for area in ("CN", "JP")
        ],
        {(EU, kind, country): 1 for kind in ("TRADE_LANE", "_T") for country in ("CN", "JP", "_T")},
        (1, {"developed_date": None}),
        {(EU, kind, country): 1 for kind in ("TRADE_LANE", "_T") for country in ("CN", "_T")},
    ),
]  # fmt: skip

PRIORITY_CONTROL_AREAS: list[Row] = [
    {"pca_id": "1", "risk_type": "CASH", "active_from": date(2026, 2, 1), "active_to": date(2026, 3, 1),
     "participants_count": 20},
    {"pca_id": "2", "risk_type": "DRUGS", "active_from": date(2017, 1, 1), "active_to": date(2017, 6, 30),
     "participants_count": 28},
]  # fmt: skip

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.indicator)


def accepted(feed: str, period: str, rows: Sequence[Row], registry: Registry, folder: Path) -> LocalDelivery:
    """Write the rows of a register as an accepted delivery, without intake and validation.

    Columns that a row needs and a case says nothing of, such as titles, are filled with anything.
    """
    schema = registry.arrow_schema(feed)
    anything = {pa.string(): "any", pa.bool_(): True}
    full = [
        {field.name: None if field.nullable else anything.get(field.type) for field in schema}
        | {"reference_period": period, "_delivery_id": feed[:16], "_line_number": line}
        | row
        for line, row in enumerate(rows, start=2)
    ]
    path = folder / f"{feed}.parquet"
    write_parquet(pa.Table.from_pylist(full, schema=schema), path, schema)
    return LocalDelivery(feed, period, "TAXUD", feed[:16], path, registry.feeds[feed].layouts[0].id, 1)


def build_registers(rows: Mapping[str, Sequence[Row]], registry: Registry, folder: Path) -> BuildResult:
    periods = {case.feed: case.period for case in CASES}
    deliveries = [accepted(feed, periods.get(feed, "2026"), rows[feed], registry, folder) for feed in rows]
    return build(deliveries, registry, folder / "build")


@pytest.fixture(scope="module")
def before(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> BuildResult:
    rows = {case.feed: case.rows for case in CASES} | {"priority_control_areas": PRIORITY_CONTROL_AREAS}
    return build_registers(rows, registry, tmp_path_factory.mktemp("before"))


@pytest.fixture(scope="module")
def after(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> BuildResult:
    return build_registers({case.feed: case.rows_after for case in CASES}, registry, tmp_path_factory.mktemp("after"))


def query(result: BuildResult, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(result.database), read_only=True) as database:
        rows: list[tuple[Any, ...]] = database.execute(sql).fetchall()
    return rows


def cells(result: BuildResult, case: Case) -> Cells:
    spec = SPECS[case.indicator]
    found = query(
        result,
        f"SELECT {', '.join(('REF_AREA', *spec.dimensions))}, OBS_VALUE FROM indicators.{spec.table}"
        f" WHERE MEASURE = '{case.measure}'",
    )
    values = {tuple(key): value for *key, value in found}
    assert len(values) == len(found), "a cell occurs twice"
    return values


def test_every_dimension_of_an_indicator_has_a_codelist(before: BuildResult, registry: Registry) -> None:
    entries = [entry for entry in describe(before, registry, ()).indicators if entry.dataset is not None]
    assert len(entries) >= len(CASES)
    assert [
        f"{entry.id} {column.name}"
        for entry in entries
        for column in entry.dataset.columns
        if column.name in entry.spec.dimensions and column.codelist is None
    ] == []


@every_case
def test_the_register_gives_the_cells_of_its_indicator(case: Case, before: BuildResult) -> None:
    assert cells(before, case) == case.cells


@every_case
def test_a_changed_row_changes_the_cells_that_rest_on_it_and_no_other(case: Case, after: BuildResult) -> None:
    assert case.cells != case.changed
    assert cells(after, case) == case.changed


@every_case
def test_a_register_has_one_sender_and_names_no_member_state_missing(case: Case, before: BuildResult) -> None:
    columns = "FREQ, TIME_PERIOD, OBS_STATUS, CONF_STATUS, N_SENDERS, N_EXPECTED"
    assert query(before, f"SELECT DISTINCT {columns} FROM indicators.{SPECS[case.indicator].table}") == [
        (SPECS[case.indicator].frequency, case.period, "A", "F", 1, 1)
    ]


def test_the_share_of_crms2_is_of_its_own_parts(before: BuildResult, after: BuildResult) -> None:
    sql = "SELECT OBS_VALUE FROM indicators.o4_4 WHERE MEASURE = 'SHARE_COMPLETED' AND ASPECT = '_T' AND ACTOR = '_T'"
    assert (query(before, sql), query(after, sql)) == ([(0.5,)], [(1.0,)])


def test_priority_control_areas_are_summed_up_by_type_of_risk(before: BuildResult) -> None:
    assert query(before, "FROM marts.mart_priority_control_areas") == [
        ("2026", "CASH", 1, 1, 0, 1, 20, 20.0),
        ("2026", "DRUGS", 0, 0, 0, 1, 0, None),
        ("2026", "_T", 1, 1, 0, 2, 20, 20.0),
    ]


def test_nothing_fails_and_nothing_is_skipped(before: BuildResult, after: BuildResult) -> None:
    assert [(result.failed, result.skipped) for result in (before, after)] == [((), ())] * 2
