"""The batch of a feed as Great Expectations sees it, its record, and the Data Docs made of records."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from customs_monitor.contracts import Contract, Registry
from customs_monitor.intake import IntakeError
from customs_monitor.validation.data_docs import build_data_docs, record_of
from customs_monitor.validation.expectations import BatchSource, BatchVerdict, ExpectationFailed, judge_batch
from customs_monitor.validation.judge import Delivery
from customs_monitor.validation.suite import expectations_of
from customs_storage.hashing import sha256_of

FEED = "exchange_rates"


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


def source(registry: Registry, path: Path, text: str, delivery_id: str = "d1") -> BatchSource:
    path.write_text(text, encoding="utf-8")
    delivery = Delivery(
        feed=FEED,
        delivery_id=delivery_id,
        sender="ECB",
        period="_Z",
        received_at=datetime(2024, 6, 30, tzinfo=UTC),
        file_name=path.name,
        sha256=sha256_of(path),
    )
    return BatchSource(path, registry.feeds[FEED].layout("history"), delivery)


GOOD = "Date,USD,JPY\n2024-01-03,1.0919,155.97\n2024-01-02,1.0956,155.66\n"
BAD = "Date,USD,JPY\n2024-01-05,secret-figure,157.99\n2024-01-06,-1,1\n2025-01-07,1.1,160\n"


@pytest.fixture(scope="module")
def verdict(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> BatchVerdict:
    folder = tmp_path_factory.mktemp("batch")
    sources = [source(registry, folder / "a.csv", GOOD, "d1"), source(registry, folder / "b.csv", BAD, "d2")]
    return judge_batch(registry, registry.feeds[FEED], sources, folder)


def with_check(contract: Contract, check: str, severity: str = "error") -> Contract:
    """Return the contract with one rule of its own."""
    rule = contract.schema_.quality[0].model_copy(
        update={"kind": "row", "groupBy": (), "when": None, "check": check, "severity": severity}
    )
    return contract.model_copy(update={"schema_": contract.schema_.model_copy(update={"quality": (rule,)})})


def test_importing_the_validation_package_does_not_import_great_expectations() -> None:
    code = (
        "import sys, customs_monitor.validation.expectations, customs_monitor.validation.data_docs,"
        " customs_monitor.validation.gx_context; sys.exit('great_expectations' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_all_deliveries_of_a_batch_are_judged_and_each_rule_says_how_often_it_is_broken(verdict: BatchVerdict) -> None:
    broken = {result.rule: result.unexpected_count for result in verdict.results if not result.success}
    # One text, one negative rate, and a day of the next year for two currencies.
    planted = {"units_per_eur.type_decimal": 1, "units_per_eur.out_of_range": 1, "time_period.period_future": 2}
    assert planted.items() <= broken.items()
    assert {result.element_count for result in verdict.results if result.rule == "time_period.missing_value"} == {10}
    assert not verdict.success


def test_warnings_alone_leave_a_batch_good(registry: Registry, tmp_path: Path) -> None:
    contract = with_check(registry.feeds[FEED], "false", severity="warning")
    found = judge_batch(registry, contract, [source(registry, tmp_path / "a.csv", GOOD)], tmp_path)
    assert [(item.severity, item.unexpected_count) for item in found.results if not item.success] == [("warning", 4)]
    assert found.success


def test_the_results_come_in_the_order_of_the_contract(registry: Registry, verdict: BatchVerdict) -> None:
    expected = [item.rule for item in expectations_of(registry.feeds[FEED], registry)]
    assert [item.rule for item in verdict.results] == expected
    assert len(set(expected)) == len(expected)


@pytest.mark.usefixtures("socket_disabled")
def test_judging_a_batch_reaches_no_network(registry: Registry, tmp_path: Path) -> None:
    assert judge_batch(registry, registry.feeds[FEED], [source(registry, tmp_path / "a.csv", GOOD)], tmp_path).success


def test_nothing_is_left_in_the_scratch_folder(registry: Registry, tmp_path: Path) -> None:
    delivered = source(registry, tmp_path / "a.csv", GOOD)
    judge_batch(registry, registry.feeds[FEED], [delivered], tmp_path / "scratch")
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_delivery_that_cannot_be_read_to_its_end_has_no_place_in_a_batch(registry: Registry, tmp_path: Path) -> None:
    broken = source(registry, tmp_path / "a.csv", 'Date,USD\n2024-01-02,1.1\n"2024-01-03,1.2\n')
    with pytest.raises(IntakeError):
        judge_batch(registry, registry.feeds[FEED], [broken], tmp_path)


def test_a_rule_that_is_no_sql_stops_the_judgement_and_is_named(registry: Registry, tmp_path: Path) -> None:
    contract = with_check(registry.feeds[FEED], "no_such_column > 1")
    with pytest.raises(ExpectationFailed, match=rf"{contract.schema_.quality[0].id}.*no_such_column"):
        judge_batch(registry, contract, [source(registry, tmp_path / "a.csv", GOOD)], tmp_path)


def test_the_sql_of_a_rule_passes_the_templates_of_great_expectations_unchanged(
    registry: Registry, tmp_path: Path
) -> None:
    contract = with_check(
        registry.feeds[FEED], "regexp_full_match(currency_code, '[A-Z]{3}') AND '{x}:y %s $z' <> ':y'"
    )
    assert judge_batch(registry, contract, [source(registry, tmp_path / "a.csv", GOOD)], tmp_path).success


def test_the_record_is_the_same_for_the_same_batch(registry: Registry, verdict: BatchVerdict, tmp_path: Path) -> None:
    sources = [source(registry, tmp_path / "a.csv", GOOD, "d1"), source(registry, tmp_path / "b.csv", BAD, "d2")]
    again = judge_batch(registry, registry.feeds[FEED], sources, tmp_path)
    assert record_of(again, "r1") == record_of(verdict, "r1")


def test_the_record_holds_no_value_of_the_data(verdict: BatchVerdict) -> None:
    assert b"secret-figure" not in record_of(verdict, "r1")


def test_data_docs_are_readable_and_fetch_nothing(verdict: BatchVerdict, tmp_path: Path) -> None:
    index = build_data_docs([record_of(verdict, "scheduled__2024-06-30T00:00:00+00:00")], tmp_path / "site")
    pages = sorted((tmp_path / "site").rglob("*.html"))
    assert len(pages) == 2
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"<script|<img|<link|@import|url\(|https?://", text)
        for link in re.findall(r'href="([^"#]+)"', text):
            assert (page.parent / link).resolve().is_file()
    assert index in pages
    report = next(page for page in pages if page != index).read_text(encoding="utf-8")
    assert "rule units_per_eur.type_decimal" in report


def test_data_docs_show_the_texts_of_a_record_and_do_not_run_them(verdict: BatchVerdict, tmp_path: Path) -> None:
    record = json.loads(record_of(verdict, "<script>alert(1)</script>"))
    record["feed"] = "../../<b>feed"
    for item in record["result"]["results"]:
        item["expectation_config"]["description"] = "<script>alert(2)</script>"
    build_data_docs([json.dumps(record).encode()], tmp_path / "site")
    pages = list(tmp_path.rglob("*.html"))
    assert all(page.is_relative_to(tmp_path / "site") for page in pages)
    assert not any("<script" in page.read_text(encoding="utf-8") or "<b>feed" in page.read_text() for page in pages)


def test_the_same_record_gives_the_same_page(verdict: BatchVerdict, tmp_path: Path) -> None:
    sites = [tmp_path / "one", tmp_path / "two"]
    for site in sites:
        build_data_docs([record_of(verdict, "r1")], site)
    one, two = ({page.relative_to(site): page.read_bytes() for page in site.rglob("*.html")} for site in sites)
    assert one == two


def test_what_is_no_record_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="rules"):
        build_data_docs([b'{"run_id": "r", "feed": "f", "result": {}}'], tmp_path)
