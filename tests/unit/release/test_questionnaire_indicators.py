"""Questionnaires, views of officials and agreements to their indicators, through the real dbt project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from customs_monitor.contracts import Registry
from customs_monitor.release.build import BuildResult, LocalDelivery, build
from customs_monitor.release.specs import load_specs
from customs_storage.parquet import write_parquet

Row = dict[str, Any]
#: Rows by feed, period and sender.
Deliveries = Mapping[tuple[str, str, str], Sequence[Row]]
#: An observation without its value: indicator, period, area, codes of the dimensions and measure.
Key = tuple[str, ...]

CYCLE, FIRST = "2024-2025", "2018-2020"
EU = "EU27_2020"
FEEDS = {"ms_questionnaire", "survey_results", "toolbox_views", "eu_agreements"}
SPECS = {identifier: spec for identifier, spec in load_specs().items() if FEEDS & set(spec.source_feeds)}
MEMBERS = 27


def score(question: str, item: str, value: int | None) -> Row:
    return {"question_id": question, "item": item, "answer_score": value, "no_reply": True if value is None else None}


def number(question: str, item: str, value: int) -> Row:
    return {"question_id": question, "item": item, "answer_count": value}


def told(question: str, item: str, figures: Mapping[str, int]) -> list[Row]:
    return [
        {"question_id": question, "item": item, "category": category, "respondents": respondents,
         "respondents_total": 26, "source": "test"}
        for category, respondents in figures.items()
    ]  # fmt: skip


def view(department: str, official: str, value: int | None) -> Row:
    return {"department": department, "respondent_id": official, "answer_score": value}


def agreement(identifier: str, area: str, signed: date) -> Row:
    return {"agreement_id": identifier, "authority_area": area, "agreement_title": "test", "signed_date": signed}


FRANCE = [
    score("o4-3", "CRC", 4),
    score("o4-3", "PCA", 3),
    score("o4-3", "CRMS", 3),
    score("o4-8", "_Z", 2),
    number("o12-2", "_Z", 3),
    number("o3-3", "CASH", 1),
    number("o3-3", "DRUGS", 2),
    number("o567-1", "TAX", 2),
]
MALTA = [
    score("o4-3", "CRC", 1),
    score("o4-8", "_Z", None),
    number("o12-2", "_Z", 0),
    number("o3-3", "_Z", 4),
    number("o567-1", "_Z", 1),
]
VIEWS = [view("OLAF", "1", 4), view("OLAF", "2", 3), view("TRADE", "3", None)]
AGREEMENTS = [
    agreement("A", "TAX", date(2020, 1, 1)),
    agreement("A", "IPR", date(2020, 1, 1)),
    agreement("B", "TAX", date(2026, 1, 1)),
]
DELIVERIES: Deliveries = {
    ("ms_questionnaire", CYCLE, "FR"): FRANCE,
    ("ms_questionnaire", CYCLE, "MT"): MALTA,
    ("ms_questionnaire", CYCLE, "EL"): [number("_T", "_T", 0)],
    # In the first cycle capacities were asked about in another form, of which the distribution is published.
    ("ms_questionnaire", FIRST, "FR"): [score("o4-8", "_Z", 3)],
    ("survey_results", FIRST, "TAXUD"): [
        *told("o4-3", "CRC", {"1": 0, "2": 0, "3": 1, "4": 1, "NO_REPLY": 24}),
        *told("o567-14", "_Z", {"1": 2, "2": 1, "3": 11, "4": 7, "NO_REPLY": 5}),
    ],
    # Of a question that the questionnaire of the cycle asks, too, a distribution tells nothing new.
    ("survey_results", CYCLE, "TAXUD"): told("o4-3", "_Z", {"1": 26, "2": 0, "3": 0, "4": 0, "NO_REPLY": 0}),
    ("toolbox_views", CYCLE, "TAXUD"): VIEWS,
    ("eu_agreements", CYCLE, "TAXUD"): AGREEMENTS,
}


def build_all(
    deliveries: Deliveries, registry: Registry, folder: Path, synthetic: frozenset[str] = frozenset()
) -> BuildResult:
    """Build the models from deliveries; those of the feeds in `synthetic` are made up."""
    local = []
    for place, ((feed, period, sender), rows) in enumerate(deliveries.items()):
        schema = registry.arrow_schema(feed)
        known = {"cycle": period, "member_state": sender, "_delivery_id": f"{place:016x}"}
        full = [
            {name: (known | row).get(name) for name in schema.names} | {"_line_number": line}
            for line, row in enumerate(rows, start=2)
        ]
        path = folder / f"{place}.parquet"
        write_parquet(pa.Table.from_pylist(full, schema=schema), path, schema)
        layout = registry.feeds[feed].layouts[0].id
        local.append(LocalDelivery(feed, period, sender, known["_delivery_id"], path, layout, 1, feed in synthetic))
    return build(local, registry, folder / "build")


@pytest.fixture(scope="module")
def built(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> BuildResult:
    return build_all(DELIVERIES, registry, tmp_path_factory.mktemp("built"))


def query(result: BuildResult, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(result.database), read_only=True) as database:
        rows: list[tuple[Any, ...]] = database.execute(sql).fetchall()
    return rows


def observations(result: BuildResult, *indicators: str) -> dict[Key, tuple[Any, ...]]:
    """Return value, status, senders and senders expected by key, of all indicators if none is named."""
    found: dict[Key, tuple[Any, ...]] = {}
    for indicator in indicators or SPECS:
        spec = SPECS[indicator]
        codes = ", ".join(("INDICATOR", "TIME_PERIOD", "REF_AREA", *spec.dimensions, "MEASURE"))
        rows = query(
            result, f"SELECT {codes}, OBS_VALUE, OBS_STATUS, N_SENDERS, N_EXPECTED FROM indicators.{spec.table}"
        )
        found |= {row[:-4]: row[-4:] for row in rows}
    return found


def values(result: BuildResult, indicator: str, period: str, area: str, *codes: str) -> dict[str, float]:
    """Return what an indicator says of an area and codes, by measure."""
    wanted = (indicator, period, area, *codes)
    return {key[-1]: told[0] for key, told in observations(result, indicator).items() if key[:-1] == wanted}


def distribution(one: int, two: int, three: int, four: int, none: int, **more: float) -> dict[str, float]:
    counts = {f"COUNT_{place}": count for place, count in enumerate((one, two, three, four), start=1)}
    return {**counts, "NO_REPLY": none, "RESPONDENTS": one + two + three + four, **more}


def test_the_specifications_name_the_source_of_the_catalogue() -> None:
    assert len(SPECS) == 23


@pytest.mark.parametrize(
    ("area", "item", "expected"),
    [
        ("FR", "CRC", distribution(0, 0, 0, 1, 0, MEAN=4, SHARE_3_4=1)),
        ("FR", "_T", distribution(0, 0, 2, 1, 0, MEAN=10 / 3, SHARE_3_4=1)),
        ("MT", "PCA", distribution(0, 0, 0, 0, 1)),
        ("MT", "_T", distribution(1, 0, 0, 0, 2, MEAN=1, SHARE_3_4=0)),
        ("EL", "CRMS", distribution(0, 0, 0, 0, 1)),
        ("EL", "_T", distribution(0, 0, 0, 0, 3)),
        (EU, "CRC", distribution(1, 0, 0, 1, 1, MEAN=2.5, SHARE_3_4=1 / 2)),
        (EU, "PCA", distribution(0, 0, 1, 0, 2, MEAN=3, SHARE_3_4=1)),
        (EU, "_T", distribution(1, 0, 2, 1, 5, MEAN=13 / 6, SHARE_3_4=3 / 4)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_scores_by_item_and_over_items(built: BuildResult, area: str, item: str, expected: dict[str, float]) -> None:
    assert values(built, "o4-3", CYCLE, area, item) == pytest.approx(expected, abs=1e-12)


def test_a_question_without_items_that_some_left_open(built: BuildResult) -> None:
    assert values(built, "o4-8", CYCLE, EU) == distribution(0, 1, 0, 0, 2, MEAN=2, SHARE_3_4=0)
    assert values(built, "o4-8", CYCLE, "MT") == distribution(0, 0, 0, 0, 1)


def test_numbers_tell_none_from_no_answer(built: BuildResult) -> None:
    areas = ("FR", "MT", "EL", EU)
    assert [values(built, "o12-2", CYCLE, area) for area in areas] == [{"NUMBER": 3}, {"NUMBER": 0}, {}, {"NUMBER": 3}]


def test_a_number_without_an_item_is_in_the_total_only(built: BuildResult) -> None:
    found = {
        (area, item): told["NUMBER"]
        for area in ("FR", "MT", EU)
        for item in ("CASH", "DRUGS", "_T", "_Z")
        if (told := values(built, "o3-3", CYCLE, area, item))
    }
    assert found == {
        ("FR", "CASH"): 1, ("FR", "DRUGS"): 2, ("FR", "_T"): 3, ("MT", "_T"): 4,
        (EU, "CASH"): 1, (EU, "DRUGS"): 2, (EU, "_T"): 7,
    }  # fmt: skip


def test_agreements_of_both_levels_add_up_with_the_senders_of_both_feeds(built: BuildResult) -> None:
    found = {key[2:-1]: told for key, told in observations(built, "o567-1").items() if told[1] != "L"}
    union, state = ("P", 3 + 1, MEMBERS + 1), ("A", 3, MEMBERS)
    assert found == {
        (EU, "IPR", "EU"): (1, *union), (EU, "IPR", "_T"): (1, *union),
        (EU, "TAX", "EU"): (1, *union), (EU, "TAX", "NATIONAL"): (2, *union), (EU, "TAX", "_T"): (3, *union),
        (EU, "_T", "EU"): (1, *union), (EU, "_T", "NATIONAL"): (3, *union), (EU, "_T", "_T"): (4, *union),
        ("FR", "TAX", "NATIONAL"): (2, *state), ("FR", "TAX", "_T"): (2, *state),
        ("FR", "_T", "NATIONAL"): (2, *state), ("FR", "_T", "_T"): (2, *state),
        ("MT", "_T", "NATIONAL"): (1, *state), ("MT", "_T", "_T"): (1, *state),
    }  # fmt: skip


def test_views_are_of_officials_for_the_union_alone(built: BuildResult) -> None:
    assert {key[2] for key in observations(built, "o3-4")} == {EU}
    assert values(built, "o3-4", CYCLE, EU, "_T") == distribution(0, 0, 1, 1, 1, MEAN=3.5, SHARE_3_4=1)
    assert values(built, "o3-4", CYCLE, EU, "TRADE") == distribution(0, 0, 0, 0, 1)
    assert {told[1:] for told in observations(built, "o3-4").values()} == {("A", 1, 1)}


def test_a_distribution_stands_in_for_the_cycle_that_did_not_ask_and_for_no_other(built: BuildResult) -> None:
    first = {key[2:]: told for key, told in observations(built, "o4-3").items() if key[1] == FIRST}
    assert {key[:-1] for key in first} == {(EU, "CRC")}
    assert first[EU, "CRC", "MEAN"] == (3.5, "D", 26, MEMBERS)
    assert values(built, "o567-14", FIRST, EU) == distribution(2, 1, 11, 7, 5, MEAN=65 / 21, SHARE_3_4=18 / 21)
    assert {told[1] for key, told in observations(built, "o4-3").items() if key[1:3] == (CYCLE, EU)} == {"P"}


@pytest.mark.parametrize("indicator", ["o4-3", "o4-8", "o12-2", "o3-3", "o567-1"])
def test_every_missing_member_state_has_one_row_where_it_was_asked(built: BuildResult, indicator: str) -> None:
    dimensions = len(SPECS[indicator].dimensions)
    missing = {key: told for key, told in observations(built, indicator).items() if key[1] == CYCLE and told[1] == "L"}
    assert len(missing) == MEMBERS - 3
    assert not {key[2] for key in missing} & {"FR", "MT", "EL", EU}
    assert {key[3:] for key in missing} == {(*["_T"] * dimensions, SPECS[indicator].measures[0])}
    assert set(missing.values()) == {(None, "L", 3, MEMBERS)}


def test_a_question_nobody_has_a_row_for_has_no_observations(built: BuildResult) -> None:
    assert observations(built, "o567-21") == {}
    assert {key[1] for key in observations(built, "o12-2")} == {CYCLE}


def changes(before: BuildResult, after: BuildResult) -> set[Key]:
    old, new = observations(before), observations(after)
    return {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}


def test_a_changed_row_changes_the_cells_that_rest_on_it_and_no_other(
    built: BuildResult, registry: Registry, tmp_path: Path
) -> None:
    malta = [score("o4-3", "CRC", 2), *MALTA[1:]]
    officials = [VIEWS[0], view("OLAF", "2", 4), VIEWS[2]]
    distributed = told("o567-14", "_Z", {"1": 2, "2": 1, "3": 11, "4": 6, "NO_REPLY": 6})
    after = build_all(
        {
            **DELIVERIES,
            ("ms_questionnaire", CYCLE, "MT"): malta,
            ("survey_results", FIRST, "TAXUD"): [*DELIVERIES["survey_results", FIRST, "TAXUD"][:5], *distributed],
            ("toolbox_views", CYCLE, "TAXUD"): officials,
            ("eu_agreements", CYCLE, "TAXUD"): AGREEMENTS[1:],
        },
        registry,
        tmp_path,
    )
    assert changes(built, after) == {
        *(
            ("o4-3", CYCLE, area, item, measure)
            for area in ("MT", EU)
            for item in ("CRC", "_T")
            for measure in ("MEAN", "COUNT_1", "COUNT_2")
        ),
        *(("o567-14", FIRST, EU, measure) for measure in ("MEAN", "SHARE_3_4", "COUNT_4", "NO_REPLY", "RESPONDENTS")),
        *(
            ("o3-4", CYCLE, EU, department, measure)
            for department in ("OLAF", "_T")
            for measure in ("MEAN", "COUNT_3", "COUNT_4")
        ),
        ("o567-1", CYCLE, EU, "TAX", "EU", "NUMBER"),
        ("o567-1", CYCLE, EU, "TAX", "_T", "NUMBER"),
    }
    assert (after.failed, after.skipped) == ((), ())


def test_nothing_fails_and_nothing_is_skipped(built: BuildResult) -> None:
    assert (built.failed, built.skipped) == ((), ())


#: Both feeds tell the answers to o4-3; the questionnaire alone asks o4-8.
BOTH: Deliveries = {
    ("ms_questionnaire", FIRST, "FR"): [score("o4-3", "CRC", 4), score("o4-8", "_Z", 3)],
    ("survey_results", FIRST, "TAXUD"): told("o4-3", "CRC", {"1": 0, "2": 0, "3": 14, "4": 11, "NO_REPLY": 1}),
}


@pytest.mark.parametrize(
    ("synthetic", "wins"),
    [
        (frozenset({"ms_questionnaire"}), "distribution"),
        (frozenset({"survey_results"}), "questionnaire"),
        (frozenset({"ms_questionnaire", "survey_results"}), "questionnaire"),
    ],
    ids=["questionnaire made up", "distribution made up", "both made up"],
)
def test_real_answers_displace_synthetic_ones_across_the_feeds_that_tell_them(
    registry: Registry, tmp_path: Path, synthetic: frozenset[str], wins: str
) -> None:
    result = build_all(BOTH, registry, tmp_path, synthetic)
    found = values(result, "o4-3", FIRST, EU, "CRC")
    areas = {key[2] for key in observations(result, "o4-3") if key[1] == FIRST}
    if wins == "distribution":
        assert found == pytest.approx(distribution(0, 0, 14, 11, 1, MEAN=3.44, SHARE_3_4=1))
        # Nobody is missing who was never asked for a delivery.
        assert areas == {EU}
    else:
        assert found == pytest.approx(distribution(0, 0, 0, 1, 0, MEAN=4, SHARE_3_4=1))
        assert {"FR", "MT", EU} <= areas
    # What only the questionnaire asks stays, made up or not.
    assert values(result, "o4-8", FIRST, EU)["COUNT_3"] == 1
