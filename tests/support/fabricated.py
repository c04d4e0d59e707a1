"""A release of all the indicators with made-up figures, for the tests of its pages: no dbt, no store."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise, product
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from customs_monitor.contracts import Registry
from customs_monitor.contracts.codelists import Code
from customs_monitor.contracts.periods import frequency
from customs_monitor.release.contents import (
    CheckEntry,
    Contents,
    FeedEntry,
    FindingEntry,
    IndicatorEntry,
    LineageNode,
    MartEntry,
    State,
)  # fmt: skip
from customs_monitor.release.datasets import OBSERVATION_COLUMNS, Column, Dataset, observation_columns
from customs_monitor.release.specs import Chart, IndicatorSpec
from customs_storage.manifest import Manifest, ManifestDelivery
from support.releases import SPEC

QUARTERS = [f"{year}-Q{quarter}" for year in (2025, 2026) for quarter in range(1, 5)][:7]
YEARS = ["2024", "2025"]
CYCLES = ["2018-2020", "2021-2023"]
EU = "EU27_2020"
#: A Member State that delivers nothing for the last period.
SILENT = "MT"
#: A criterion whose hits are confidential.
HIDDEN = "CRC01"
_MAX_CODES = 6
_BY_AREA = ("MS questionnaire", "CUP", "CRC quarterly")


@dataclass(frozen=True)
class Fabricated:
    """What the pages are written from."""

    contents: Contents
    manifest: Manifest
    folder: Path


def fabricate(
    registry: Registry,
    folder: Path,
    *,
    awaiting: Sequence[str] = ("o12-6",),
    restricted: Sequence[str] = ("o567-2",),
    seed: int = 1,
) -> Fabricated:
    """Write the data files of a release into a folder.

    Args:
        registry: the contracts and codelists.
        folder: where the files go.
        awaiting: indicators without data.
        restricted: indicators whose figures are not public.
        seed: of the figures.
    """
    feeds = {
        "survey_results": ["2018-2020"],
        "it_systems": ["2024", "2025"],
        "comext_trade": QUARTERS,
    }
    entries = [
        _indicator(
            registry, code, folder, random.Random(f"{seed} {code.code}"),
            "awaiting data" if code.code in awaiting else "restricted" if code.code in restricted else "published",
        )
        for code in registry.codelists["indicator"]
    ]  # fmt: skip
    areas = registry.codelists["eu_member_state"].valid_codes(date(2026, 1, 1))
    contents = Contents(
        indicators=tuple(entries),
        marts=tuple(_marts(registry, folder, random.Random(seed), areas)),
        feeds={feed: _feed(registry, feed) for feed in sorted(registry.feeds)},
        findings=(
            FindingEntry(
                model="qc_survey_tables", feed="survey_results", period="2018-2020", subject="question s2-5-1-4",
                finding="the answers do not add up", expected=26, found=25,
            ),
        ),
        checks=(
            CheckEntry(name="grain", status="pass", failures=0, message="", description="", on=()),
            CheckEntry(name="adds_up", status="warn", failures=2, message="", description="", on=("o4_3",)),
        ),
        lineage={
            "stg_survey_results": LineageNode(description="Answers.", depends_on=("accepted.survey_results",)),
            **{
                entry.spec.table: LineageNode(description=entry.title, depends_on=("stg_survey_results",))
                for entry in entries
                if entry.spec
            },
        },
    )  # fmt: skip
    return Fabricated(contents, _manifest(feeds, areas), folder)


def _manifest(feeds: dict[str, list[str]], areas: Sequence[str]) -> Manifest:
    deliveries = [
        ManifestDelivery(
            feed=feed, period=period, sender=sender, delivery_id=f"{number:016x}", sha256=f"{number:064x}",
            received_at=datetime(2026, 11, 1, 6, 0, tzinfo=UTC), origin=f"{feed}/{period}.csv",
            synthetic=feed == "comext_trade",
        )
        for number, (feed, period, sender) in enumerate(
            (feed, period, sender)
            for feed, periods in feeds.items()
            for period in periods
            for sender in (areas if feed == "comext_trade" else ("TAXUD",))
            if not (sender == SILENT and period == periods[-1])
        )
    ]  # fmt: skip
    return Manifest(
        release_id="20261124T060000Z-00000000",
        created_at=datetime(2026, 11, 24, 6, 0, tzinfo=UTC),
        replaces=None,
        code_version="0.1.0+gabc.def",
        input_fingerprint="0" * 64,
        contract_fingerprints={},
        lock_fingerprint="0" * 64,
        files=(),
        deliveries=tuple(deliveries),
        gate=(),
    )


def _indicator(registry: Registry, code: Code, folder: Path, dice: random.Random, state: State) -> IndicatorEntry:
    told = code.attributes
    dimensions = tuple(told["dimensions"].split())
    measures = tuple(told["measures"].split())
    chart = Chart(kind="bars", measures=measures[:1], x=dimensions[0] if dimensions else "TIME_PERIOD")
    feed = {"Q": "comext_trade", "A": "it_systems"}.get(told["freq"], "survey_results")
    spec: IndicatorSpec = SPEC.model_copy(
        update={
            "id": code.code, "title": code.label, "level": told["level"], "unit": told["unit"],
            "dimensions": dimensions, "measures": measures, "frequency": told["freq"],
            "stock_flow": told["stock_flow"], "source_feeds": (feed,), "chart": chart,
            **({"audience": "restricted", "restricted_to": "the risk managers"} if state == "restricted" else {}),
        }
    )  # fmt: skip
    dataset = Dataset(
        kind="indicators",
        id=spec.id,
        relation=f"indicators.{spec.table}",
        title=spec.title,
        description=spec.definition,
        columns=tuple(_column(registry, name) for name in observation_columns(dimensions)),
        key=("INDICATOR", "FREQ", "REF_AREA", "TIME_PERIOD", *dimensions, "MEASURE"),
        public=state != "restricted",
    )
    rows = [] if state == "awaiting data" else list(_observations(registry, spec, told, dice))
    if state == "published":
        _write(folder, dataset, rows)
    return IndicatorEntry(
        id=spec.id, title=spec.title, table=told["objective_table"], objectives=told["objectives"],
        level=spec.level, unit=spec.unit, source=told["source"], frequency=spec.frequency,
        state=state,
        reason={
            "published": "", "awaiting data": f"No accepted delivery of {feed}",
            "restricted": "Its figures are for the risk managers only",
        }[state],
        spec=spec, dataset=dataset if rows else None, rows=len(rows), feeds=(feed,), synthetic=feed == "comext_trade",
    )  # fmt: skip


def _observations(
    registry: Registry, spec: IndicatorSpec, told: dict[str, str], dice: random.Random
) -> Iterator[dict[str, object]]:
    periods = {"Q": QUARTERS, "A": YEARS}.get(spec.frequency, CYCLES)
    units = {item.code: item.attributes["unit_measure"] for item in registry.codelists["measure"]}
    members = registry.codelists["eu_member_state"].valid_codes(date(2026, 1, 1))
    areas = [EU, *(members if any(word in told["source"] for word in _BY_AREA) else ())]
    codes = [["_T", *_codes(registry, name)] for name in spec.dimensions]
    for period, area in product(periods, areas):
        last = period == periods[-1]
        if area == SILENT and last:
            yield _row(spec, area, period, ["_T"] * len(codes), spec.measures[0], units, None, "L", 26)
            continue
        size = 1000 if area == EU else 20 + dice.random() * 60
        growth = 1 + 0.1 * periods.index(period)
        for place in product(*codes):
            if sum(item != "_T" for item in place) > 1:
                continue
            share = 1.0 if all(item == "_T" for item in place) else dice.random() * 0.4
            status = "Q" if HIDDEN in place else "P" if last and area == EU and len(areas) > 1 else "A"
            for measure in spec.measures:
                value = None if status == "Q" else _value(units[measure], size * growth * share, dice)
                yield _row(spec, area, period, list(place), measure, units, value, status, 26 if last else 27)


def _value(unit: str, size: float, dice: random.Random) -> float:
    if unit == "FRACTION":
        return dice.random()
    return 1 + dice.random() * 3 if unit == "SCORE" else float(round(size * (0.5 + dice.random())))


def _row(
    spec: IndicatorSpec, area: str, period: str, codes: list[str], measure: str, units: dict[str, str],
    value: float | None, status: str, senders: int,
) -> dict[str, object]:  # fmt: skip
    return {
        "INDICATOR": spec.id, "FREQ": frequency(period), "REF_AREA": area, "TIME_PERIOD": period,
        **dict(zip(spec.dimensions, codes, strict=True)),
        "MEASURE": measure, "UNIT_MEASURE": units[measure], "OBS_VALUE": value, "OBS_STATUS": status,
        "CONF_STATUS": "C" if status == "Q" else "F", "N_SENDERS": senders, "N_EXPECTED": 27,
    }  # fmt: skip


def _codes(registry: Registry, dimension: str) -> list[str]:
    name = registry.concepts[dimension.lower()].codelist if dimension.lower() in registry.concepts else None
    if name is None or name not in registry.codelists:
        return []
    known = [code for code in registry.codelists[name].by_code if not code.startswith("_") and code != EU]
    return known[:_MAX_CODES]


def _column(registry: Registry, name: str) -> Column:
    concept = registry.concepts.get(name.lower())
    label, meaning = OBSERVATION_COLUMNS.get(name) or (
        (concept.label, concept.definition) if concept else (name, "")
    )  # fmt: skip
    return Column(name=name, label=label, description=meaning, codelist=concept.codelist if concept else None)


def _marts(registry: Registry, folder: Path, dice: random.Random, areas: Sequence[str]) -> Iterator[MartEntry]:
    criteria = [code.code for code in registry.codelists["crc_code"] if not code.code.startswith("_")][:8]
    rows = []
    for period, area, criterion, movement in product(
        QUARTERS[-3:], [EU, *areas[:5]], ["_T", *criteria], ["_T", "ENTRY", "EXIT"]
    ):
        hits = 0 if criterion == criteria[-1] else dice.randrange(10, 400) * (20 if area == EU else 1)
        assessed, controls = int(hits * 0.4), int(hits * 0.2)
        positive = 0 if criterion in criteria[-2:] else int(controls * dice.random() * 0.3)
        rows.append(
            {
                "reference_period": period, "ref_area": area, "crc_code": criterion, "movement": movement,
                "high_interest_country": "_T", "hits_automated": hits, "hits_assessed": assessed,
                "controls": controls, "positive_results": positive,
                "assessed_share": assessed / hits if hits else None,
                "controlled_share": controls / assessed if assessed else None,
                "positive_share": positive / controls if controls else None,
                "hits_change_share": dice.random() - 0.5 if hits else None,
                "conf_status": "F", "n_senders": 26, "n_expected": 27,
            }
        )  # fmt: skip
    yield _mart(folder, "crc_evaluation", "Evaluation of the common risk criteria", rows)
    pairs = [f"{one}+{other}" for one, other in pairwise(criteria)]
    yield _mart(
        folder,
        "crc_combinations",
        "Hits of several criteria on one declaration",
        [
            {
                "reference_period": QUARTERS[-1], "ref_area": EU, "crc_codes": pair, "movement": "_T",
                "hits_automated": 100 - 10 * number, "hits_assessed": 50 - 5 * number,
                "assessed_share": 0.5, "conf_status": "F", "n_senders": 26, "n_expected": 27,
            }
            for number, pair in enumerate(pairs)
        ],
    )  # fmt: skip
    yield _mart(
        folder,
        "action_plan",
        "Action plan",
        [
            {
                "reference_period": "2020", "objective_code": objective, "not_started_count": 1, "ongoing_count": 2,
                "completed_count": 3, "permanent_count": 1, "sub_actions_count": 7, "completed_share": 3 / 7,
            }
            for objective in ("_T", "1", "2", "3")
        ],
    )  # fmt: skip
    yield _mart(
        folder,
        "survey",
        "Answers to the questionnaire",
        [
            {
                "cycle": cycle, "question_id": question, "question": f"What was asked in {question}", "item": "_Z",
                "category": category, "respondents": number, "respondents_total": 26,
                "respondents_share": number / 26, "source": "SWD(2021) 2, 2.4.3",
            }
            for cycle in CYCLES
            for question in ("s2-4-3-2", "s2-4-3-8")
            for category, number in (("1", 2), ("2", 4), ("3", 8), ("4", 10), ("NO_REPLY", 2))
        ],
    )  # fmt: skip


def _mart(folder: Path, name: str, title: str, rows: list[dict[str, object]]) -> MartEntry:
    dataset = Dataset(
        kind="marts", id=name, relation=f"marts.mart_{name}", title=title, description=f"{title}.",
        columns=tuple(Column(name=column, label=column.replace("_", " "), description="") for column in rows[0]),
    )  # fmt: skip
    _write(folder, dataset, rows)
    return MartEntry(dataset=dataset, rows=len(rows), feeds=("survey_results",), synthetic=False)


def _write(folder: Path, dataset: Dataset, rows: list[dict[str, object]]) -> None:
    path = folder / f"{dataset.stem}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)
    path.with_suffix(".csv").write_text("made up\n", encoding="utf-8")


def _feed(registry: Registry, feed: str) -> FeedEntry:
    contract = registry.feeds[feed]
    return FeedEntry(
        id=feed, name=contract.name, source_system=contract.sourceSystem, owner=contract.owner,
        legal_basis=contract.legalBasis, licence=contract.licence, cadence=contract.cadence,
        purpose=contract.description.purpose, limitations="",
    )  # fmt: skip
