"""All 44 indicators of the framework are there with all that belongs to them; what is missing is named."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from customs_monitor.contracts import Registry
from customs_monitor.release.contents import Contents
from customs_monitor.release.datasets import observation_columns
from customs_monitor.release.describing import awaiting_everything
from customs_monitor.release.site import write_site
from customs_monitor.release.specs import IndicatorSpec, load_specs
from customs_storage import open_store
from customs_storage.layout import Layout
from customs_storage.manifest import Manifest

NUMBER = 44
_REFERENCE = ("level", "unit", "dimensions", "measures", "source", "freq", "stock_flow")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


@pytest.fixture(scope="module")
def specs(registry: Registry) -> dict[str, IndicatorSpec]:
    return load_specs(registry.project)


@pytest.fixture(scope="module")
def catalogue(registry: Registry) -> list[str]:
    return [code.code for code in registry.codelists["indicator"]]


def test_the_framework_has_44_indicators(catalogue: list[str]) -> None:
    assert len(catalogue) == len(set(catalogue)) == NUMBER


def test_every_indicator_has_a_model_and_a_specification(catalogue: list[str], specs: dict[str, IndicatorSpec]) -> None:
    assert [name for name in catalogue if name not in specs] == [], "customs-monitor new indicator writes both"
    assert [name for name in specs if name not in catalogue] == [], "cl_indicator.csv does not have them"


def test_every_indicator_has_a_unit_test(registry: Registry, catalogue: list[str]) -> None:
    tested = {
        test["model"].replace("_", "-")
        for path in (registry.project.dbt / "models" / "indicators").glob("*/*.yml")
        for test in yaml.safe_load(path.read_text(encoding="utf-8")).get("unit_tests", [])
        if test["given"] and test["expect"]["rows"]
    }
    assert [name for name in catalogue if name not in tested] == []


def test_every_indicator_has_its_sources(
    registry: Registry, catalogue: list[str], specs: dict[str, IndicatorSpec]
) -> None:
    staged = {path.stem.removeprefix("stg_") for path in (registry.project.dbt / "models" / "staging").glob("stg_*")}
    missing = {
        name: [feed for feed in specs[name].source_feeds if feed not in registry.feeds or feed not in staged]
        for name in catalogue
    }
    assert {name: feeds for name, feeds in missing.items() if feeds or not specs[name].source_feeds} == {}


def test_every_dimension_is_a_concept_with_a_codelist(registry: Registry, specs: dict[str, IndicatorSpec]) -> None:
    def known(dimension: str) -> bool:
        concept = registry.concepts.get(dimension.lower())
        return concept is not None and (concept.codelist or dimension.lower()) in registry.codelists

    unknown = {name: [item for item in spec.dimensions if not known(item)] for name, spec in specs.items()}
    assert {name: items for name, items in unknown.items() if items} == {}


def test_every_measure_is_a_code(registry: Registry, specs: dict[str, IndicatorSpec]) -> None:
    measures = registry.codelists["measure"].by_code
    unknown = {name: [item for item in spec.measures if item not in measures] for name, spec in specs.items()}
    assert {name: items for name, items in unknown.items() if items} == {}


def test_every_indicator_has_a_page(registry: Registry, catalogue: list[str], tmp_path: Path) -> None:
    """Also before anything is delivered: the page then says what it waits for."""
    contents = Contents(
        indicators=awaiting_everything(registry), marts=(), feeds={}, findings=(), checks=(), lineage={}
    )
    manifest = Manifest(
        release_id="20261124T060000Z-00000000",
        created_at=datetime(2026, 11, 24, 6, tzinfo=UTC),
        code_version="0.1.0+000000000000",
        input_fingerprint="0" * 64,
        contract_fingerprints={},
        lock_fingerprint="0" * 64,
        files=(),
        deliveries=(),
        gate=(),
    )
    (tmp_path / "release").mkdir()
    write_site(open_store(tmp_path / "store"), Layout.load(), registry, manifest, contents, tmp_path / "release")
    pages = tmp_path / "release" / "site" / "indicators"
    assert [name for name in catalogue if not (pages / f"{name}.html").is_file()] == []


@pytest.fixture
def reference(root: Path) -> Path:
    folder = root.parent / "shared" / "reference"
    if not folder.is_dir():
        pytest.skip("the reference is not here: ../shared/reference is absent")
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.shared_data
def test_the_catalogue_is_that_of_the_reference(reference: Path, registry: Registry) -> None:
    codes = {code.code: code for code in registry.codelists["indicator"]}
    given = {row["id"]: row for row in rows(reference / "indicators.csv")}
    assert codes.keys() == given.keys()
    differing = [
        f"{name}: {column}: {code.attributes[column]!r} is {given[name][column]!r} in the reference"
        for name, code in codes.items()
        for column in _REFERENCE
        if code.attributes[column] != given[name][column]
    ]
    assert (
        differing + [f"{name}: title" for name, code in codes.items() if code.label != given[name]["indicator"]] == []
    )


@pytest.mark.shared_data
def test_every_code_of_the_reference_is_in_the_codelist_of_its_dimension(
    reference: Path, registry: Registry, specs: dict[str, IndicatorSpec]
) -> None:
    given = rows(reference / "codelists.csv")
    assert [
        f"{row['codelist']} {row['code']}"
        for row in given
        if row["code"] not in registry.codelists[row["codelist"].lower()].by_code
    ] == []
    # Without a list of their own in the reference: countries.
    countries = {"HIGH_INTEREST_COUNTRY", "COUNTERPART_AREA"}
    dimensions = {item for spec in specs.values() for item in spec.dimensions}
    assert dimensions - {row["codelist"] for row in given} == countries & dimensions


def test_no_dimension_has_the_name_of_another_column(specs: dict[str, IndicatorSpec]) -> None:
    for name, spec in specs.items():
        columns = observation_columns(spec.dimensions)
        assert len(set(columns)) == len(columns), name
