"""What is published ends dbt's lineage, and its page knows every column without having been told twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from customs_monitor.contracts import Registry
from customs_monitor.release import dbt_exposures
from customs_monitor.release.dbt_docs import meaning, write_docs
from customs_monitor.release.specs import load_specs

SPECS = load_specs()


def test_the_exposures_are_those_of_the_specifications(registry: Registry) -> None:
    committed = dbt_exposures.exposures_path(registry).read_text(encoding="utf-8")
    assert committed == dbt_exposures.render(registry), "run: python -m customs_monitor.release.dbt_exposures"


@pytest.fixture(scope="module")
def docs(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    scratch = tmp_path_factory.mktemp("docs")
    page = write_docs(registry, scratch / "page", scratch)
    assert page.name == "index.html"
    return page.parent


@pytest.fixture(scope="module")
def manifest(docs: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((docs / "manifest.json").read_bytes())
    return told


def test_the_page_has_everything_inside_and_asks_nobody(docs: Path, manifest: dict[str, Any]) -> None:
    page = (docs / "index.html").read_text(encoding="utf-8")
    assert "INLINE DATA" not in page
    assert "stg_control_statistics" in page
    assert manifest["metadata"]["send_anonymous_usage_stats"] is False
    assert [place for place in ("sinter-collect", "cloudfront.net", 'src="http', "src='http") if place in page] == []


def test_every_column_of_what_is_staged_or_published_is_described(manifest: dict[str, Any]) -> None:
    undescribed = [
        f"{node['name']}.{column['name']}"
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] in ("staging", "indicators", "marts")
        for column in node["columns"].values()
        if not column["description"]
    ]
    assert undescribed == []


def test_columns_say_what_the_registry_says(manifest: dict[str, Any], registry: Registry) -> None:
    node = manifest["nodes"]["model.customs_monitor.stg_control_statistics"]
    told = {name: column["description"] for name, column in node["columns"].items()}
    assert told["operator_status"] == " ".join(registry.concepts["operator_status"].definition.split())
    assert told["_is_synthetic"] == meaning("_is_synthetic", registry)
    assert meaning("aid_of_one_model", registry) == ""


def test_every_model_is_described(manifest: dict[str, Any], registry: Registry) -> None:
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert [node["name"] for node in models if not node["description"]] == []
    told = {node["name"]: node["description"] for node in models}
    assert told["stg_it_projects"].startswith(registry.feeds["it_projects"].name)
    assert told["int_missing_senders"].startswith("Who was expected and has not delivered")


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
def test_lineage_goes_from_the_feeds_of_the_specification_to_the_page(manifest: dict[str, Any], spec: Any) -> None:
    exposure = f"exposure.customs_monitor.indicator_{spec.table}"
    assert manifest["parent_map"][exposure] == [f"model.customs_monitor.{spec.table}"]
    waiting, above = [exposure], set()
    while waiting:
        for name in manifest["parent_map"].get(waiting.pop(), []):
            if name not in above:
                above.add(name)
                waiting.append(name)
    prefix = "source.customs_monitor.accepted."
    feeds = {name.removeprefix(prefix) for name in above if name.startswith(prefix)}
    assert feeds - {"deliveries", "expected_senders"} == set(spec.source_feeds)


def test_the_site_and_the_catalogue_rest_on_every_public_table(manifest: dict[str, Any]) -> None:
    models = {
        f"model.customs_monitor.{node['name']}"
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] in ("indicators", "marts")
    }
    for name in ("site", "catalogue"):
        assert set(manifest["parent_map"][f"exposure.customs_monitor.{name}"]) == models
