"""Every cell against the truth of a synthetic EU: in a first wave, after a second, and when one row changes.

Three seeds share one store: each has a quarter, a year and a reporting cycle of its own, so that nothing of one is part
of another. A few Member States report and the others are missing, which keeps the test short; every cell is compared
all the same, those of the missing senders among them. The second wave is published by the command; the tables of the
first and of the changed rows are built as for a release.
"""

from __future__ import annotations

import csv
import fcntl
import json
import os
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from customs_monitor.cli import app
from customs_monitor.collection.collect import collect
from customs_monitor.collection.in_force import in_force
from customs_monitor.collection.inbox import Inbox
from customs_monitor.collection.landing import receipts
from customs_monitor.collection.progress import Progress
from customs_monitor.collection.verdicts import judgements
from customs_monitor.contracts import Registry
from customs_monitor.release.accepted import LocalDelivery
from customs_monitor.release.build import build
from customs_monitor.release.specs import load_specs
from customs_monitor.synth.generate import synthesise
from customs_monitor.synth.truth import Ledger, write_tables
from customs_storage import ObjectStore, open_store
from customs_storage.layout import Layout
from customs_storage.manifest import read_manifest
from customs_storage.pointer import read_latest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

#: Seeds with their quarters, and who reports there: those who are silent to one collection are told by the seed.
SEEDS = {
    1: ("2020-Q4", ("AT", "EL", "MT", "NL", "SE")),
    2: ("2023-Q4", ("BE", "DE", "EL", "LU", "PL")),
    3: ("2026-Q1", ("CY", "DK", "EL", "ES", "FR")),
}
DEFECTS = 0.35
INDICATORS = sorted(load_specs())

Row: TypeAlias = dict[str, Any]
#: Area, period, dimensions and measure to everything else.
Cells: TypeAlias = dict[tuple[str, ...], Row]
#: Line and rule of a defect.
Found: TypeAlias = tuple[int | None, str]
_VALUES = ("OBS_VALUE", "UNIT_MEASURE", "FREQ", "INDICATOR", "OBS_STATUS", "CONF_STATUS", "N_SENDERS", "N_EXPECTED")


def cells(rows: Iterator[Row]) -> Cells:
    found: Cells = {}
    for row in rows:
        key = tuple(str(value) for name, value in row.items() if name not in _VALUES)
        assert key not in found, key
        found[key] = {name: row[name] for name in _VALUES}
    return found


Tables: TypeAlias = dict[str, Cells]


@dataclass
class Release:
    """The tables of the release in force: public ones, and with the values of what is confidential."""

    public: Tables
    full: Tables
    synthetic: set[bool]

    @classmethod
    def read(cls, store: ObjectStore) -> Release:
        layout, latest = Layout.load(), read_latest(store)
        assert latest is not None

        def table(area: str, indicator: str) -> Cells | None:
            key = layout.key(area, release_id=latest.release_id, path=f"indicators/{indicator}/{indicator}.parquet")
            path = store.local_path(key)
            return cells(iter(pq.read_table(path).to_pylist())) if path is not None else None

        public = {indicator: table("release_file", indicator) or {} for indicator in INDICATORS}
        return cls(
            public,
            {indicator: table("restricted_file", indicator) or public[indicator] for indicator in INDICATORS},
            {delivery.synthetic for delivery in read_manifest(store, latest.release_id).deliveries},
        )


def expected(folders: list[Path]) -> Tables:
    """Read tables of truth as their columns are typed."""
    found: Tables = {}
    for path in sorted(path for folder in folders for path in folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = [
                row
                | {
                    "OBS_VALUE": float(row["OBS_VALUE"]) if row["OBS_VALUE"] else None,
                    "N_SENDERS": int(row["N_SENDERS"]),
                    "N_EXPECTED": int(row["N_EXPECTED"]),
                }
                for row in csv.DictReader(file)
            ]
        found.setdefault(path.stem, {}).update(cells(iter(rows)))
    return found


def differences(published: Cells, true: Cells) -> list[tuple[tuple[str, ...], Row | None, Row | None]]:
    """Return the cells that differ: counts at all, ratios by more than 1e-9."""
    return [
        (key, published.get(key), true.get(key))
        for key in sorted(published.keys() | true.keys())
        if not _same(published.get(key), true.get(key))
    ]


def _same(one: Row | None, other: Row | None) -> bool:
    if one is None or other is None:
        return False
    values = one["OBS_VALUE"], other["OBS_VALUE"]
    tolerance = 0.0 if one["UNIT_MEASURE"] == "PURE_NUMB" else 1e-9
    near = values[0] == values[1] or (None not in values and abs(values[0] - values[1]) <= tolerance)
    return near and all(one[name] == other[name] for name in _VALUES[1:])


@dataclass
class Platform:
    """One store, and what is made of the deliveries in it."""

    folder: Path
    registry: Registry
    seeds: list[Path] = field(default_factory=list)

    @property
    def store(self) -> ObjectStore:
        return open_store((self.folder / "store").as_uri())

    def collect(self) -> None:
        """Land and judge what the first wave brings."""
        scratch = self.folder / "collecting"
        scratch.mkdir()
        inboxes = [Inbox.open(str(seed / "inbox")) for seed in self.seeds]
        collected = collect(self.store, Layout.load(), self.registry, inboxes, "run-first", scratch, Progress())
        assert (collected.failures, collected.found.unclaimed) == ({}, [])

    def publish(self) -> Release:
        """Run the command as one calls it, on what the second wave brings."""
        arguments = [text for seed in self.seeds for text in ("--inbox", str(seed / "wave2"))]
        result = CliRunner().invoke(app, ["run", "--store", (self.folder / "store").as_uri(), *arguments])
        assert result.exit_code == 0, result.output
        return Release.read(self.store)

    def deliveries(self) -> list[LocalDelivery]:
        """Return the deliveries in force."""
        return [
            LocalDelivery(
                item.receipt.feed,
                item.receipt.period,
                item.receipt.sender,
                item.receipt.delivery_id,
                path,
                item.receipt.layout,
                item.receipt.sequence,
                item.receipt.synthetic,
            )
            for item in in_force(self.store, Layout.load(), self.registry)
            if (path := self.store.local_path(item.key)) is not None
        ]

    def build(self, deliveries: list[LocalDelivery], name: str) -> Tables:
        built = build(deliveries, self.registry, self.folder / name)
        assert (built.failed, built.skipped) == ((), ())
        with duckdb.connect(str(built.database), read_only=True) as database:
            return {
                indicator: cells(
                    iter(
                        database.execute(f"SELECT * FROM indicators.{indicator.replace('-', '_')}")
                        .to_arrow_table()
                        .to_pylist()
                    )
                )
                for indicator in INDICATORS
            }

    def truth(self, wave: int) -> Tables:
        return expected([seed / "truth" / f"wave{wave}" for seed in self.seeds])


@dataclass
class Outcome:
    """All that the tests look at.

    Attributes:
        verdicts, reported: of the deliveries by where they came from, with lines and rules of what was found.
        planted: lines and rules of what had to be found.
    """

    truth: dict[int, Tables]
    first: Tables
    second: Release
    verdicts: dict[str, str]
    reported: dict[str, set[Found]]
    planted: dict[str, set[Found]]
    reaction: Reaction


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What comes of the seeds; made once, whichever workers of pytest-xdist the tests are dealt out to."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with (shared / "truth.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = shared / "truth.pickle"
        if not kept.exists():
            kept.write_bytes(pickle.dumps(_made(tmp_path_factory.mktemp("truth"))))
        found: Outcome = pickle.loads(kept.read_bytes())
    return found


def _made(folder: Path) -> Outcome:
    platform = Platform(folder, Registry.load())
    for seed, (quarter, members) in SEEDS.items():
        out = folder / f"seed-{seed}"
        synthesise(platform.registry, out, seed, quarter, quarter, 200, DEFECTS, members)
        platform.seeds.append(out)
    platform.collect()
    first = platform.build(platform.deliveries(), "first")
    second = platform.publish()
    verdicts, reported = _judged(platform)
    truth = {wave: platform.truth(wave) for wave in (1, 2)}
    return Outcome(truth, first, second, verdicts, reported, _planted(platform.seeds), _reaction(platform, second))


def test_the_truth_and_the_specifications_are_about_the_same_indicators(outcome: Outcome) -> None:
    assert sorted(outcome.truth[1]) == INDICATORS
    assert len(INDICATORS) == 44


@pytest.mark.parametrize("indicator", INDICATORS)
def test_every_cell_of_the_first_wave_is_true(outcome: Outcome, indicator: str) -> None:
    assert differences(outcome.first[indicator], outcome.truth[1][indicator]) == []


@pytest.mark.parametrize("indicator", INDICATORS)
def test_every_cell_after_the_second_wave_is_true(outcome: Outcome, indicator: str) -> None:
    true = outcome.truth[2][indicator]
    assert true
    assert differences(outcome.second.full[indicator], true) == []


def test_the_waves_have_all_that_makes_coverage_hard(outcome: Outcome) -> None:
    first, second = outcome.first, outcome.second
    before, after = first["o3-5"], second.full["o3-5"]
    statuses = {row["OBS_STATUS"] for row in after.values()}
    assert statuses == {"A", "L", "P"}
    for indicator in ("o3-5", "o3-6", "o4-7", "o567-20"):
        assert {row["CONF_STATUS"] for row in second.full[indicator].values()} == {"C", "F"}, indicator
    assert {row["OBS_STATUS"] for row in second.full["o567-13"].values()} == {"A", "D", "L", "P"}
    missing = {key for key, row in before.items() if row["OBS_STATUS"] == "L"}
    arrived = [key for key in missing if key not in after or after[key]["OBS_STATUS"] != "L"]
    assert arrived != []
    revised = [key for key in before.keys() & after.keys() if before[key]["OBS_VALUE"] != after[key]["OBS_VALUE"]]
    assert revised != []


@pytest.mark.parametrize("indicator", INDICATORS)
def test_public_tables_hide_what_is_confidential_and_nothing_else(outcome: Outcome, indicator: str) -> None:
    hidden = {"OBS_VALUE": None, "OBS_STATUS": "Q", "CONF_STATUS": "C"}
    full = outcome.second.full[indicator]
    public = {key: row | hidden if row["CONF_STATUS"] == "C" else row for key, row in full.items()}
    assert outcome.second.public[indicator] == public


def test_everything_published_is_marked_synthetic(outcome: Outcome) -> None:
    assert outcome.second.synthetic == {True}


def _judged(platform: Platform) -> tuple[dict[str, str], dict[str, set[Found]]]:
    """Return verdicts and findings of all deliveries."""
    layout, store = Layout.load(), platform.store
    verdicts: dict[str, str] = {}
    reported: dict[str, set[Found]] = {}
    for feed in platform.registry.feeds:
        found = {(item.period, item.sender, item.delivery_id): item.verdict for item in judgements(store, layout, feed)}
        for receipt in receipts(store, layout, feed=feed):
            place = {name: getattr(receipt, name) for name in ("feed", "period", "sender", "delivery_id")}
            verdicts[receipt.origin] = found[receipt.period, receipt.sender, receipt.delivery_id]
            report = layout.key("rejected", **place, name="report.json")
            issues = json.loads(store.get(report))["issues"] if store.head(report) is not None else []
            reported[receipt.origin] = {(issue["line"], issue["rule"]) for issue in issues}
    return verdicts, reported


def _planted(seeds: list[Path]) -> dict[str, set[Found]]:
    planted: dict[str, set[Found]] = {}
    for seed in seeds:
        with (seed / "truth" / "defects.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                line = int(row["line"]) if row["line"] else None
                planted.setdefault(f"{seed.as_uri()}/{row['file']}", set()).add((line, row["rule"]))
    return planted


def test_every_planted_defect_is_reported_with_its_line_and_rule(outcome: Outcome) -> None:
    missed = {origin: found - outcome.reported[origin] for origin, found in outcome.planted.items()}
    assert {origin: found for origin, found in missed.items() if found} == {}
    rules = {rule.rpartition(".")[2] for found in outcome.planted.values() for _, rule in found}
    assert len(rules) >= 25


def test_nothing_else_is_refused(outcome: Outcome) -> None:
    warnings = {"key.duplicate_row", "controls_within_hits", "controls_within_declarations"}
    bad = {origin for origin, found in outcome.planted.items() if {rule for _, rule in found} - warnings}
    assert {origin for origin, verdict in outcome.verdicts.items() if verdict == "refused"} == bad


# One input row changes, in each feed that an indicator rests on.

Choice: TypeAlias = Callable[[Row], bool]
Change: TypeAlias = Callable[[Row], Row]


def _other(column: str, one: str, another: str) -> Change:
    return lambda row: {column: another if row[column] != another else one}


def _one_more(column: str) -> Change:
    return lambda row: {column: row[column] + 1}


def _always(_: Row) -> bool:
    return True


#: By feed: which row is changed in the first delivery that has one, and how.
CHANGES: dict[str, tuple[Choice, Change]] = {
    "crc_statistics": (_always, _one_more("automated_hits")),
    "control_statistics": (lambda row: row["controls"] > row["irregularities"], _one_more("irregularities")),
    "ms_questionnaire": (
        lambda row: row["question_id"] == "o12-8" and row["answer_score"] is not None,
        lambda row: {"answer_score": 5 - row["answer_score"]},
    ),
    "survey_results": (
        lambda row: (row["question_id"], row["category"]) == ("o567-13", "1"),
        _one_more("respondents"),
    ),
    "it_projects": (lambda row: row["status"] == "COMPLETED", _other("purpose", "BOTH", "SHARING")),
    "it_systems": (
        lambda row: row["system_code"] == "CRMS2" and row["status"] != "PERMANENT",
        lambda _: {"status": "PERMANENT", "completed_date": None, "planned_date": None},
    ),
    "legislation": (
        lambda row: row["application_date"] is not None and row["application_date"] <= "2020",
        _other("act_type", "REGULATION", "DIRECTIVE"),
    ),
    "fora_tools": (_always, _other("forum_tool_status", "CLOSED", "FUNCTIONING")),
    "methodology_projects": (
        lambda row: row["status"] != "NOT_STARTED",
        _other("risk_type", "CASH", "WEAPONS"),
    ),
    "policy_tools": (lambda row: row["status"] == "COMPLETED", _other("work_type", "NEW", "UPDATED")),
    "border_analyses": (lambda row: row["status"] == "COMPLETED", _other("border_type", "AIR", "SEA")),
    "common_risk_criteria": (lambda row: row["valid_from"] <= "2019", _other("crc_policy_area", "CASH", "WASTE")),
    "programme_actions": (_always, lambda _: {"action_code": "ONE-MORE"}),
    "mutual_recognition_agreements": (
        lambda row: row["agreement_status"] == "PREPARATORY",
        lambda _: {"counterpart_area": "AM"},
    ),
    "cooperation_models": (
        lambda row: row["developed_date"] is not None and row["developed_date"] <= "2020",
        _other("counterpart_area", "AM", "AZ"),
    ),
    "ics2_registrations": (_always, _one_more("registered_operators")),
    "ens_third_country_aeo": (_always, _one_more("ens_count")),
    "toolbox_views": (
        lambda row: row["answer_score"] is not None,
        lambda row: {"answer_score": 5 - row["answer_score"]},
    ),
    "eu_agreements": (lambda row: row["signed_date"] <= "2020", _other("authority_area", "TAX", "HEALTH")),
    "aeo_register": (
        lambda row: row["active_to"] is None and row["suspended_from"] is None,
        _other("aeo_type", "AEOC", "AEOF"),
    ),
    "risk_profiles": (lambda row: row["active_to"] is None, _other("rif_category", "CASH", "IPR")),
    "risk_information_forms": (_always, _other("rif_category", "CASH", "IPR")),
}


@dataclass
class Reaction:
    """What changed in the release, and what had to, when in each feed one row of one delivery was changed.

    Attributes:
        changed: the periods of the changed deliveries, by feed.
    """

    changed: dict[str, str]
    before: Tables
    after: Tables
    true_before: Tables
    true_after: Tables


def _reaction(platform: Platform, second: Release) -> Reaction:
    """Build once more what is in force, with one row changed in each feed; the truth is that of the accepted rows."""
    ledgers = Ledger(), Ledger()
    deliveries: list[LocalDelivery] = []
    changed: dict[str, str] = {}
    for item in platform.deliveries():
        table = pq.read_table(item.path)
        rows = table.to_pylist()
        mended = rows
        if item.feed in CHANGES and item.feed not in changed:
            chosen, change = CHANGES[item.feed]
            place = _place(platform.registry, item.feed, rows, chosen)
            if place is not None:
                one = _plain(rows[place])
                mended = [*rows[:place], one | change(one), *rows[place + 1 :]]
                changed[item.feed] = item.period
                path = platform.folder / f"changed-{item.feed}.parquet"
                pq.write_table(_typed(mended, table.schema), path)
                item = replace(item, path=path)
        deliveries.append(item)
        for ledger, kept in zip(ledgers, (rows, mended), strict=True):
            account = ledger.delivery(item.feed, item.period, item.sender, 1)
            for row in kept:
                account.add(_plain(row))
    true: list[Tables] = []
    for number, ledger in enumerate(ledgers):
        write_tables(platform.folder / f"reaction-{number}", ledger.observations(1))
        true.append(expected([platform.folder / f"reaction-{number}"]))
    return Reaction(changed, second.full, platform.build(deliveries, "reaction"), true[0], true[1])


def _plain(row: Row) -> Row:
    """Return an accepted row as it was made: days as text."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


def _typed(rows: list[Row], schema: pa.Schema) -> pa.Table:
    days = [name for name in schema.names if pa.types.is_date(schema.field(name).type)]
    return pa.Table.from_pylist(
        [row | {name: date.fromisoformat(row[name]) for name in days if isinstance(row[name], str)} for row in rows],
        schema=schema,
    )


def _place(registry: Registry, feed: str, rows: list[Row], chosen: Choice) -> int | None:
    """Return the place of a row that may be changed and whose thing has no other row: no rule links it to one."""
    linked = {"project_id", "act_id", "tool_id", "analysis_id", "model_id", "agreement_id"}
    things = [name for name in registry.feeds[feed].schema_.key if name in linked]
    for place, row in enumerate(rows):
        if chosen(_plain(row)) and all(sum(other[thing] == row[thing] for other in rows) == 1 for thing in things):
            return place
    return None


def _changes(before: Tables, after: Tables) -> dict[tuple[str, tuple[str, ...]], Row | None]:
    """Return indicator and key of the cells that changed, with what they are now."""
    return {
        (indicator, key): now
        for indicator in before
        for key, _, now in differences(before[indicator], after[indicator])
    }


def test_the_truth_of_the_accepted_rows_is_that_of_the_rows_as_they_were_made(
    outcome: Outcome,
) -> None:
    assert _changes(outcome.truth[2], outcome.reaction.true_before) == {}


def test_one_row_is_changed_in_each_feed_that_an_indicator_rests_on(outcome: Outcome) -> None:
    assert set(outcome.reaction.changed) == {feed for spec in load_specs().values() for feed in spec.source_feeds}


@pytest.mark.parametrize("feed", sorted(CHANGES))
def test_exactly_the_cells_that_depend_on_a_changed_row_change(outcome: Outcome, feed: str) -> None:
    reaction = outcome.reaction
    fed = {indicator for indicator, spec in load_specs().items() if feed in spec.source_feeds}
    period = reaction.changed[feed]

    def of_the_feed(changes: dict[tuple[str, tuple[str, ...]], Row | None]) -> set[tuple[str, tuple[str, ...]]]:
        return {cell for cell in changes if cell[0] in fed and period in cell[1]}

    must = of_the_feed(_changes(reaction.true_before, reaction.true_after))
    assert must != set()
    assert of_the_feed(_changes(reaction.before, reaction.after)) == must


def test_nothing_else_changes_and_all_of_it_is_true(outcome: Outcome) -> None:
    reaction = outcome.reaction
    did = _changes(reaction.before, reaction.after)
    assert did.keys() == _changes(reaction.true_before, reaction.true_after).keys()
    for (indicator, key), now in did.items():
        assert (now is None) == (key not in reaction.true_after[indicator])
        assert now is None or _same(now, reaction.true_after[indicator][key])
