"""What Great Expectations found is kept with the outcome of a run, and can be read as pages."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from customs_monitor.cli import app
from customs_monitor.collection.expectation_records import write_data_docs
from customs_monitor.collection.outcomes import EXPECTATIONS, keep_record
from support.collection import RATES, Collection


def test_the_record_of_a_batch_is_kept_with_the_outcome_of_its_run(collection: Collection) -> None:
    collection.deliver("exchange_rates/rates.csv", RATES)
    collection.run("exchange_rates")
    (kept,) = [text for key, text in collection.objects("outcomes/").items() if EXPECTATIONS in key]
    record = json.loads(kept)
    assert (record["run_id"], record["feed"], record["success"]) == ("run-1", "exchange_rates", True)
    assert {"units_per_eur.type_decimal", "key.duplicate_key"} <= {rule["rule"] for rule in record["rules"]}


def test_a_run_without_new_deliveries_leaves_no_record(collection: Collection) -> None:
    collection.run("exchange_rates")
    assert not [key for key in collection.objects("outcomes/") if EXPECTATIONS in key]


def test_every_batch_has_a_page_also_that_of_a_retry(collection: Collection, tmp_path: Path) -> None:
    collection.deliver("exchange_rates/rates.csv", RATES)
    collection.run("exchange_rates")
    (kept,) = [text for key, text in collection.objects("outcomes/").items() if EXPECTATIONS in key]
    keep_record(collection.store, collection.layout, "run-1", f"exchange_rates.{EXPECTATIONS}", kept)
    index = write_data_docs(collection.store, collection.layout, tmp_path / "docs")
    assert index is not None
    pages = sorted(page.name for page in (tmp_path / "docs" / "run-1").iterdir())
    assert pages == ["exchange_rates-2.html", "exchange_rates.html"]
    assert all(f"run-1/{page}" in index.read_text(encoding="utf-8") for page in pages)
    assert write_data_docs(collection.store, collection.layout, tmp_path / "none", "run-9") is None


def test_the_command_writes_the_pages_and_says_where(collection: Collection, tmp_path: Path) -> None:
    collection.deliver("exchange_rates/rates.csv", RATES)
    collection.run("exchange_rates")
    call = ["data-docs", "--store", collection.store.url, "--out", str(tmp_path / "docs")]
    done = CliRunner().invoke(app, call)
    assert (done.exit_code, done.stdout) == (0, f"written: {tmp_path / 'docs' / 'index.html'}\n")
    missing = CliRunner().invoke(app, [*call, "--run", "run-9"])
    assert missing.exit_code == 2
    assert "run-9" in missing.output
