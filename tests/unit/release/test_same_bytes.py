"""The same deliveries give the same bytes, in whatever order and whenever they arrive."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from customs_monitor.release.candidate import prepare
from customs_monitor.release.gate import gate
from customs_monitor.release.records import Draft
from customs_storage import open_store
from support.releases import Deliveries

_SAMPLES = {"survey_results": "2018-2020", "it_systems": "2020", "action_plan_status": "2020"}


def _rows(registry, feed: str) -> list[dict[str, object]]:
    (path,) = (registry.project.samples / feed).glob("*.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            {
                name: None if text == "" else int(text) if registry.concepts[name].logicalType == "integer" else text
                for name, text in row.items()
                if name in registry.concepts
            }
            for row in csv.DictReader(lines)
        ]


@pytest.fixture
def prepared(layout, registry, scratch, tmp_path) -> Callable[[list[str], datetime], dict[str, str]]:
    """Deliver the samples in an order and build with dbt; return the hashes of the candidate's data and charts."""

    def build(order: list[str], now: datetime) -> dict[str, str]:
        store = open_store(tmp_path / f"store-{now:%Y}")
        made = Deliveries(store, layout, registry, tmp_path / f"made-{now:%Y}")
        for hour, feed in enumerate(order):
            made.deliver(feed, "TAXUD", _SAMPLES[feed], _rows(registry, feed), arrived=now + timedelta(hours=hour))
        candidate = prepare(store, layout, registry, "run-1", scratch(), now=lambda: now)
        assert gate(store, layout, registry, candidate, scratch()).verdicts
        files = Draft.of(store, candidate).public.files
        return {
            file.path: file.sha256
            for file in files
            if file.path.startswith(("indicators/", "marts/", "contents.json", "site/charts/"))
        }

    return build


@pytest.mark.rig
def test_order_and_time_of_arrival_change_no_byte(prepared):
    first = prepared(list(_SAMPLES), datetime(2026, 10, 1, tzinfo=UTC))
    second = prepared(list(reversed(_SAMPLES)), datetime(2027, 1, 1, tzinfo=UTC))
    assert first == second
    assert {"indicators/o4-3/o4-3.parquet", "indicators/o12-3/o12-3.csv", "marts/survey/survey.parquet"} <= set(first)
    assert any(Path(path).suffix == ".svg" for path in first)
