"""Every indicator has what makes it trustworthy: a good habit that is optional stays rare."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from customs_monitor.contracts import Project, Registry
from customs_monitor.release.specs import IndicatorSpec, load_specs

PROJECT = Project.locate()
SPECS = load_specs(PROJECT)
BEFORE = ("INDICATOR", "FREQ", "REF_AREA", "TIME_PERIOD")
AFTER = ("MEASURE", "UNIT_MEASURE", "OBS_VALUE", "OBS_STATUS", "CONF_STATUS", "N_SENDERS", "N_EXPECTED")
#: The only column that may be empty: a missing or confidential value.
MAY_BE_EMPTY = {"OBS_VALUE"}
DBT_TYPES = {"VARCHAR": "varchar", "DOUBLE": "double", "BIGINT": "bigint"}

every_indicator = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load(PROJECT)


def document(spec: IndicatorSpec) -> dict[str, Any]:
    path = next((PROJECT.dbt / "models" / "indicators").glob(f"*/{spec.table}.yml"))
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def model(spec: IndicatorSpec) -> dict[str, Any]:
    found: dict[str, Any] = document(spec)["models"][0]
    return found


def test_there_are_indicators() -> None:
    assert SPECS


def test_contracts_are_enforced_for_all_that_is_published() -> None:
    settings = yaml.safe_load((PROJECT.dbt / "dbt_project.yml").read_text(encoding="utf-8"))["models"][
        "customs_monitor"
    ]
    # dbt-spark knows other type names; there every cell is compared with DuckDB's instead (tests/rigs).
    assert {settings[folder]["+contract"]["enforced"] for folder in ("marts", "indicators", "qc")} == {
        "{{ target.type != 'spark' }}"
    }


@every_indicator
def test_no_indicator_switches_its_contract_off(spec: IndicatorSpec) -> None:
    assert set(model(spec)["config"]) == {"meta"}


@every_indicator
def test_title_level_unit_and_cube_are_those_of_the_catalogue(spec: IndicatorSpec, registry: Registry) -> None:
    code = registry.codelists["indicator"].by_code[spec.id][0]
    said = (
        spec.title, spec.level, spec.unit, spec.dimensions, spec.measures, spec.frequency, spec.stock_flow,
    )  # fmt: skip
    attributes = code.attributes
    assert said == (
        code.label,
        attributes["level"],
        attributes["unit"],
        tuple(attributes["dimensions"].split()),
        tuple(attributes["measures"].split()),
        attributes["freq"],
        attributes["stock_flow"],
    )


@every_indicator
def test_an_indicator_has_its_box_in_the_intervention_logic_and_a_racer_assessment(spec: IndicatorSpec) -> None:
    assert spec.intervention
    assert spec.racer is not None
    assert all(spec.racer.model_dump().values())


@every_indicator
def test_columns_are_those_of_an_observation_in_order(spec: IndicatorSpec) -> None:
    columns = [column["name"] for column in model(spec)["columns"]]
    assert columns == [*BEFORE, *spec.dimensions, *AFTER]


@every_indicator
def test_every_column_is_a_concept_of_the_same_type_and_only_the_value_may_be_empty(
    spec: IndicatorSpec, registry: Registry
) -> None:
    for column in model(spec)["columns"]:
        concept = registry.concepts[column["name"].lower()]
        assert column["data_type"] == DBT_TYPES[concept.duckdb_type], column["name"]
        required = {"type": "not_null"} in column.get("constraints", [])
        assert required != (column["name"] in MAY_BE_EMPTY), column["name"]


@every_indicator
def test_there_is_a_grain_test_over_all_that_names_a_cell(spec: IndicatorSpec) -> None:
    grains = [
        test["unique_combination"]["arguments"]["columns"]
        for test in model(spec)["data_tests"]
        if "unique_combination" in test
    ]
    assert grains == [["REF_AREA", "TIME_PERIOD", *spec.dimensions, "MEASURE"]]


@every_indicator
def test_there_is_a_unit_test_named_after_its_case(spec: IndicatorSpec) -> None:
    tests = document(spec).get("unit_tests", [])
    assert tests
    for test in tests:
        assert test["model"] == spec.table
        assert test["name"].startswith(f"{spec.table}_"), test["name"]
        assert len(test["name"]) > len(spec.table) + 10, "name it after what the case shows"


@every_indicator
def test_every_source_feed_has_a_contract(spec: IndicatorSpec, registry: Registry) -> None:
    assert set(spec.source_feeds) <= set(registry.feeds)


@every_indicator
def test_every_measure_has_its_unit_in_the_codelist(spec: IndicatorSpec, registry: Registry) -> None:
    units = {code.code: code.attributes["unit_measure"] for code in registry.codelists["measure"]}
    expected = [row for test in document(spec)["unit_tests"] for row in test["expect"]["rows"]]
    assert {row["MEASURE"] for row in expected} <= set(units)
    assert set(spec.measures) <= set(units)
    assert set(spec.chart.measures) <= set(spec.measures)


def test_mart_columns_are_concepts_of_the_same_type(registry: Registry) -> None:
    for path in sorted((PROJECT.dbt / "models" / "marts").glob("*.yml")):
        for mart in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            for column in mart["columns"]:
                concept = registry.concepts.get(column["name"])
                assert concept is not None, f"{mart['name']}.{column['name']} is no concept"
                assert column["data_type"] == concept.duckdb_type.lower(), f"{mart['name']}.{column['name']}"


def test_every_mart_has_a_grain_test() -> None:
    marts = {path.stem for path in (PROJECT.dbt / "models" / "marts").glob("*.sql")}
    tested = {
        mart["name"]
        for path in sorted((PROJECT.dbt / "models" / "marts").glob("*.yml"))
        for mart in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        if any("unique_combination" in test for test in mart.get("data_tests", []))
    }
    assert tested == marts


def test_every_feed_has_its_staging_model(registry: Registry) -> None:
    staging: Path = PROJECT.dbt / "models" / "staging"
    assert {f"stg_{feed}" for feed in registry.feeds} == {path.stem for path in staging.glob("*.sql")}
