"""Questions about content: what asks, what does not, and that the same comes of it whoever asks and in any order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from customs_monitor.contracts import Contract, Registry
from customs_monitor.contracts.content_checks import ContentCheck
from customs_monitor.validation.content import AcceptedRows, ContentComparison, Question
from customs_monitor.validation.references import ContractSqlError

REGISTRY = Registry.load()
QUARTERS = [f"{year}-Q{quarter}" for year in (2024, 2025) for quarter in (1, 2, 3, 4)]
SENDERS = ["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL"]
CHECKS = [(feed, check.id) for feed, contract in REGISTRY.feeds.items() for check in contract.schema_.contentChecks]

Rows = list[dict[str, Any]]
Put = Callable[[str, str, str, Rows], AcceptedRows]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Return a function that lays down accepted rows; columns that are not given are empty."""

    def write(feed: str, period: str, sender: str, rows: Rows) -> AcceptedRows:
        schema = REGISTRY.arrow_schema(feed)
        table = pa.Table.from_pylist(rows, schema=pa.schema([field.with_nullable(True) for field in schema]))
        path = tmp_path / f"{feed}.{period}.{sender}.{len(list(tmp_path.iterdir()))}.parquet"
        pq.write_table(table, path)
        return AcceptedRows(feed, period, sender, path)

    return write


def ask(delivered: AcceptedRows, known: Iterable[AcceptedRows], registry: Registry = REGISTRY) -> list[Question]:
    with ContentComparison(registry.feeds[delivered.feed], registry, list(known)) as comparison:
        return comparison.questions(delivered)


def crc(hits: int, **others: Any) -> dict[str, Any]:
    row = {"movement": "ENTRY", "crc_code": "CRC01", "high_interest_country": "_Z", "conf_status": "F"}
    counts = {"automated_hits": hits, "hits_after_assessment": hits // 2, "controls": hits // 4, "positive_results": 0}
    return {**row, **counts, **others}


def controls(**others: Any) -> dict[str, Any]:
    row = {"declaration_type": "IM", "declaration_subtype": "STANDARD", "operator_status": "AEO", "control_type": "DOC"}
    return {**row, "declarations": 10_000, "controls": 400, "irregularities": 40, "conf_status": "F", **others}


@dataclass(frozen=True)
class Case:
    """A figure that is usual and one that is not, beside what is known."""

    usual: Rows
    unusual: Rows
    known: Callable[[Put], list[AcceptedRows]]
    period: str = "2026-Q1"


def _history(feed: str, row: dict[str, Any], periods: Iterable[str] = QUARTERS) -> Callable[[Put], list[AcceptedRows]]:
    return lambda put: [put(feed, period, "FR", [row]) for period in periods]


def _others(feed: str, row: dict[str, Any]) -> Callable[[Put], list[AcceptedRows]]:
    return lambda put: [put(feed, "2026-Q1", sender, [row]) for sender in SENDERS]


def _trade(put: Put) -> list[AcceptedRows]:
    rows = [
        {"declarant": sender, "partner": "CN", "flow_code": "1", "measure_code": "VALUE_EUR", "measure_value": 10**6,
         "time_period": "2025"}
        for sender in [*SENDERS, "FR"]
    ]  # fmt: skip
    # What comes from another Member State is no import, however much it is.
    rows.append({**rows[-1], "partner": "DE", "measure_value": 10**12})
    return [put("comext_trade", "2025", "ESTAT", rows), *_others("control_statistics", controls())(put)]


CASES: Mapping[str, Case] = {
    "hits_unusual_for_sender": Case([crc(900)], [crc(2_000)], _history("crc_statistics", crc(1_000))),
    "criterion_unusual_for_sender": Case(
        [crc(1_000), crc(300, crc_code="CRC02")],
        [crc(1_300, crc_code="CRC02")],
        lambda put: [
            put("crc_statistics", period, "FR", [crc(1_000), crc(300, crc_code="CRC02")]) for period in QUARTERS
        ],
    ),
    "results_unusual_for_sender": Case(
        [crc(1_000, controls=200, positive_results=30)],
        [crc(1_000, controls=200, positive_results=100)],
        _history("crc_statistics", crc(1_000, controls=200, positive_results=20)),
    ),
    "results_far_from_others": Case(
        [crc(1_000, controls=200, positive_results=30)],
        [crc(1_000, controls=200, positive_results=100)],
        _others("crc_statistics", crc(9_000, controls=2_000, positive_results=200)),
    ),
    "assessment_far_from_others": Case(
        [crc(1_000, hits_after_assessment=600)],
        [crc(1_000, hits_after_assessment=900)],
        _others("crc_statistics", crc(9_000)),
    ),
    "controls_beside_all_controls": Case(
        [crc(1_000, controls=399)],
        [crc(1_000, controls=401)],
        lambda put: [put("control_statistics", "2026-Q1", "FR", [controls()])],
    ),
    "combinations_unusual_for_sender": Case(
        [{"movement": "ENTRY", "crc_codes": "CRC01+CRC02", "automated_hits": 130}],
        [{"movement": "ENTRY", "crc_codes": "CRC01+CRC02", "automated_hits": 13}],
        _history("crc_combination_statistics", {"movement": "ENTRY", "crc_codes": "_T", "automated_hits": 120}),
    ),
    "combinations_beside_single_hits": Case(
        [{"movement": "ENTRY", "crc_codes": "CRC01+CRC02", "automated_hits": 500}],
        [{"movement": "ENTRY", "crc_codes": "CRC01+CRC02", "automated_hits": 501}],
        lambda put: [put("crc_statistics", "2026-Q1", "FR", [crc(1_000)])],
    ),
    "declarations_unusual_for_sender": Case(
        [controls(declarations=11_000)], [controls(declarations=100_000)], _history("control_statistics", controls())
    ),
    "controls_unusual_for_sender": Case(
        [controls(controls=500, irregularities=50)],
        [controls(controls=4_000, irregularities=400)],
        _history("control_statistics", controls()),
    ),
    "irregularities_unusual_for_sender": Case(
        [controls(irregularities=50)], [controls(irregularities=90)], _history("control_statistics", controls())
    ),
    "irregularities_far_from_others": Case(
        [controls(irregularities=50)], [controls(irregularities=90)], _others("control_statistics", controls())
    ),
    "imports_beside_trade": Case([controls()], [controls(declarations=100)], _trade),
    "scores_moved_since_last_cycle": Case(
        [{"question_id": "o4-3", "item": "_Z", "answer_score": 3}],
        [{"question_id": "o4-3", "item": "_Z", "answer_score": 4}],
        _history("ms_questionnaire", {"question_id": "o4-3", "item": "_Z", "answer_score": 2}, ["2021-2023"]),
        "2024-2026",
    ),
    "numbers_moved_since_last_cycle": Case(
        [{"question_id": "o12-2", "item": "_Z", "answer_count": 100}],
        [{"question_id": "o12-2", "item": "_Z", "answer_count": 1_000}],
        _history("ms_questionnaire", {"question_id": "o12-2", "item": "_Z", "answer_count": 70}, ["2021-2023"]),
        "2024-2026",
    ),
}


@pytest.mark.parametrize(("feed", "check"), CHECKS)
def test_every_check_asks_about_what_is_unusual_and_about_nothing_else(put: Put, feed: str, check: str) -> None:
    case = CASES[check]
    known = case.known(put)
    usual, unusual = (put(feed, case.period, "FR", rows) for rows in (case.usual, case.unusual))
    assert check not in {question.rule for question in ask(usual, known)}
    asked = [question for question in ask(unusual, known) if question.rule == check]
    assert asked
    assert all("{" not in question.message + question.cure for question in asked)


def test_a_question_says_what_would_be_usual(put: Put) -> None:
    known = _history("crc_statistics", crc(1_000))(put)
    (question,) = [
        item for item in ask(put("crc_statistics", "2026-Q1", "FR", [crc(2_000)]), known)
        if item.rule == "hits_unusual_for_sender"
    ]  # fmt: skip
    # exp(ln(1001) -+ 3.5 x 0.15) - 1: the series never moved, so the leeway stands for its deviation.
    assert (round(question.lower or 0), round(question.upper or 0)) == (591, 1_691)
    assert question.subject == "movement=ENTRY"
    assert question.message == (
        "2,000 automated hits (ENTRY); the last 8 periods had 1,000 in the middle, and 591 to 1,691 would be usual"
    )


def test_bounds_are_wider_where_a_series_moves_more(put: Put) -> None:
    sizes = [500, 2_000, 700, 1_500, 400, 2_500, 900, 1_000]
    known = [put("crc_statistics", period, "FR", [crc(size)]) for period, size in zip(QUARTERS, sizes, strict=True)]
    assert ask(put("crc_statistics", "2026-Q1", "FR", [crc(2_000)]), known) == []


def test_one_wild_quarter_hides_nothing(put: Put) -> None:
    sizes = [1_000] * 7 + [1_000_000]
    known = [put("crc_statistics", period, "FR", [crc(size)]) for period, size in zip(QUARTERS, sizes, strict=True)]
    assert ask(put("crc_statistics", "2026-Q1", "FR", [crc(5_000)]), known)


def test_what_was_always_there_and_is_gone_is_asked_about(put: Put) -> None:
    known = _history("crc_statistics", crc(1_000))(put)
    questions = ask(put("crc_statistics", "2026-Q1", "FR", [crc(1_000, movement="EXIT")]), known)
    assert {(item.subject, item.value) for item in questions if item.rule == "hits_unusual_for_sender"} == {
        ("movement=ENTRY", 0.0),
        ("movement=EXIT", 1_000.0),
    }


def test_few_periods_are_no_measure(put: Put) -> None:
    known = _history("crc_statistics", crc(1_000), QUARTERS[:3])(put)
    assert ask(put("crc_statistics", "2026-Q1", "FR", [crc(9_000)]), known) == []


def test_small_figures_are_not_asked_about(put: Put) -> None:
    known = _history("crc_statistics", crc(3))(put)
    assert ask(put("crc_statistics", "2026-Q1", "FR", [crc(40)]), known) == []


def test_later_periods_and_other_senders_are_no_history(put: Put) -> None:
    known = [put("crc_statistics", period, "FR", [crc(1_000)]) for period in QUARTERS]
    known += [put("crc_statistics", period, "DE", [crc(1_000)]) for period in QUARTERS]
    assert ask(put("crc_statistics", "2024-Q2", "FR", [crc(9_000)]), known) == []


def test_what_others_keep_confidential_measures_nobody(put: Put) -> None:
    open_rows = _others("crc_statistics", crc(9_000, controls=2_000, positive_results=200))(put)
    closed = _others("crc_statistics", crc(9_000, controls=2_000, positive_results=200, conf_status="C"))(put)
    delivered = put("crc_statistics", "2026-Q1", "FR", [crc(1_000, controls=200, positive_results=100)])
    assert "results_far_from_others" in {item.rule for item in ask(delivered, open_rows)}
    assert "results_far_from_others" not in {item.rule for item in ask(delivered, closed)}


def test_the_order_of_arrival_does_not_matter_nor_the_own_earlier_version(put: Put) -> None:
    known = _history("crc_statistics", crc(1_000))(put) + _others("crc_statistics", crc(9_000))(put)
    delivered = put("crc_statistics", "2026-Q1", "FR", [crc(2_000)])
    earlier_version = put("crc_statistics", "2026-Q1", "FR", [crc(2_100)])
    expected = ask(delivered, known)
    assert expected
    for seed in range(5):
        shuffled = [*known, delivered, earlier_version]
        random.Random(seed).shuffle(shuffled)
        assert ask(delivered, shuffled) == expected


def test_asking_for_many_is_asking_for_each(put: Put) -> None:
    known = [
        put("crc_statistics", period, "FR", [crc(1_000 * (1 + number % 7))]) for number, period in enumerate(QUARTERS)
    ]
    known += _others("crc_statistics", crc(9_000))(put)
    with ContentComparison(REGISTRY.feeds["crc_statistics"], REGISTRY, known) as comparison:
        assert [comparison.questions(item) for item in known] == [ask(item, known) for item in known]


def test_wrong_sql_names_contract_and_check(put: Put) -> None:
    contract: Contract = REGISTRY.feeds["crc_statistics"]
    check: ContentCheck = contract.schema_.contentChecks[0].model_copy(update={"value": "sum(no_column)"})
    schema = contract.schema_.model_copy(update={"contentChecks": (check,)})
    changed = replace(REGISTRY, feeds={**REGISTRY.feeds, contract.id: contract.model_copy(update={"schema_": schema})})
    known = _history("crc_statistics", crc(1_000))(put)
    with pytest.raises(
        ContractSqlError, match=r"crc_statistics\.yml: content check hits_unusual_for_sender: .*no_column"
    ):
        ask(put("crc_statistics", "2026-Q1", "FR", [crc(1)]), known, changed)
