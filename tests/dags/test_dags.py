"""The DAGs are those of the contracts, documented, owned, and cheap to read."""

from __future__ import annotations

from typing import Any

import pytest

from customs_monitor.contracts import Registry


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


def test_every_dag_file_can_be_read(dag_bag: dict[str, Any]) -> None:
    assert dag_bag["import_errors"] == {}


def test_there_is_a_dag_for_every_contract_and_no_other(dag_bag: dict[str, Any], registry: Registry) -> None:
    assert registry.feeds
    assert set(dag_bag["dags"]) == {f"feed_{feed}" for feed in registry.feeds} | {
        "indicators",
        "housekeeping",
        "collections_clock",
        "collections_reminders",
    }


def test_reading_dag_files_imports_nothing_heavy(dag_bag: dict[str, Any]) -> None:
    assert dag_bag["heavy"] == []


def test_a_feed_has_two_tasks_for_all_its_deliveries(dag_bag: dict[str, Any], registry: Registry) -> None:
    for feed, contract in registry.feeds.items():
        dag = dag_bag["dags"][f"feed_{feed}"]
        assert set(dag["tasks"]) == {"land", "judge"}
        assert dag["tasks"]["land"]["downstream"] == ["judge"]
        assert dag["tasks"]["judge"]["outlets"] == [f"customs-monitor://accepted/{feed}"]
        assert dag["tasks"]["judge"]["owner"] == contract.owner
        assert dag["tasks"]["judge"]["retries"] >= 1
        assert dag["max_active_runs"] == 1
        assert not dag["catchup"]
        assert contract.domain in dag["tags"]
        assert contract.description.purpose in dag["doc"]


def test_indicators_run_on_any_feed_and_one_at_a_time(dag_bag: dict[str, Any], registry: Registry) -> None:
    dag = dag_bag["dags"]["indicators"]
    assert dag["max_active_runs"] == 1
    assert dag["runs_on"] == "AssetAny"
    assert set(dag["tasks"]) == {"build", "gate", "publish"}
    assert dag["tasks"]["build"]["downstream"] == ["gate"]
    assert dag["tasks"]["gate"]["downstream"] == ["publish"]


def test_the_clock_tells_the_indicators_which_collections_it_has_closed(
    dag_bag: dict[str, Any], registry: Registry
) -> None:
    dag = dag_bag["dags"]["collections_clock"]
    assert set(dag["tasks"]) == {"tick"}
    assert dag["tasks"]["tick"]["outlet_aliases"] == ["closings"]
    assert dag["max_active_runs"] == 1
    assert not dag["catchup"]
    listened_to = dag_bag["dags"]["indicators"]["assets"]
    assert {uri for uri in listened_to if "/closed/" in uri} == {
        f"customs-monitor://closed/{feed}" for feed in registry.collections
    }
    assert {uri for uri in listened_to if "/accepted/" in uri} == {
        f"customs-monitor://accepted/{feed}" for feed in registry.feeds
    }


def test_feeds_go_before_the_build_that_rests_on_them(dag_bag: dict[str, Any], registry: Registry) -> None:
    build = dag_bag["dags"]["indicators"]["tasks"]["build"]["priority"]
    assert all(dag_bag["dags"][f"feed_{feed}"]["tasks"]["judge"]["priority"] > build for feed in registry.feeds)
