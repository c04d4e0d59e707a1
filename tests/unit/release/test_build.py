"""Accepted rows to indicators and marts, through the real dbt project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from customs_monitor.contracts import Project, Registry
from customs_monitor.release import dbt_sources
from customs_monitor.release.build import BuildResult, LocalDelivery, build
from customs_monitor.release.dbt_run import DbtError, dbt_build
from customs_monitor.release.specs import load_specs

Row = Mapping[str, Any]


class Inbox:
    """Accepted deliveries, made without intake and validation."""

    def __init__(self, folder: Path, registry: Registry) -> None:
        self.folder, self.registry = folder, registry
        self.deliveries: list[LocalDelivery] = []

    def accept(
        self,
        feed: str,
        rows: Sequence[Row],
        *,
        period: str = "_Z",
        sender: str = "TAXUD",
        layout: str = "template",
        sequence: int = 1,
        synthetic: bool = False,
    ) -> None:
        delivery_id = f"{len(self.deliveries):016x}"
        schema = self.registry.arrow_schema(feed)
        full = [
            dict.fromkeys(schema.names) | dict(row) | {"_delivery_id": delivery_id, "_line_number": line}
            for line, row in enumerate(rows, start=2)
        ]
        # A quote in a path must not end the SQL text it is put into.
        path = self.folder / f"it's {delivery_id}.parquet"
        pq.write_table(pa.Table.from_pylist(full, schema=schema), path)
        self.deliveries.append(
            LocalDelivery(feed, period, sender, delivery_id, path, layout, sequence, synthetic=synthetic)
        )


def answers(question: str, figures: Mapping[str, int], total: int = 26, **more: Any) -> list[Row]:
    return [
        {"cycle": "2018-2020", "question_id": question, "item": "_Z", "category": category, "respondents": number,
         "respondents_total": total, "source": "test", **more}
        for category, number in figures.items()
    ]  # fmt: skip


def rate(day: str, value: str, currency: str = "USD") -> Row:
    return {"freq": "D", "time_period": day, "rate_method": "A", "currency_code": currency,
            "units_per_eur": Decimal(value)}  # fmt: skip


def trade(declarant: str, partner: str, measure: str, value: int, procedure: str = "_T", **more: Any) -> Row:
    return {"freq": "A", "time_period": "2023", "declarant": declarant, "partner": partner, "product_code": "01",
            "flow_code": "1", "stat_procedure_code": procedure, "measure_code": measure,
            "measure_value": Decimal(value), **more}  # fmt: skip


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Inbox:
    made = Inbox(tmp_path_factory.mktemp("accepted"), registry)
    made.accept(
        "survey_results",
        [
            *answers("o567-14", {"1": 2, "2": 1, "3": 11, "4": 7, "NO_REPLY": 5}),
            *answers("s2-5-1-4", {"YES": 15, "NO": 8, "NO_REPLY": 2}),
        ],
        period="2018-2020",
    )
    systems = {"reference_period": "2020", "work_type": "NEW", "status_basis": "PRINTED", "source": "test",
               "release": "_Z", "system_code": "REX", "actor": "COM"}  # fmt: skip
    made.accept(
        "it_systems",
        [
            {**systems, "aspect": "DEPLOYMENT", "status": "COMPLETED"},
            {**systems, "aspect": "OPERATION", "status": "ONGOING"},
            {**systems, "aspect": "OPERATION", "status": "ONGOING", "actor": "MS"},
        ],
        period="2020",
    )
    # The made-up state of the same year gives way to the real one.
    made.accept(
        "it_systems", [{**systems, "aspect": "DEPLOYMENT", "status": "NOT_STARTED"}], period="2020", synthetic=True
    )
    # The portal's file is trusted more than the history, whichever comes last; the later file of a layout wins.
    made.accept("exchange_rates", [rate("2023-12-29", "1.5")], sender="ECB", layout="ecb_csv", sequence=1)
    made.accept("exchange_rates", [rate("2023-12-29", "9"), rate("2023-12-28", "9")], sender="ECB", layout="history",
                sequence=2)  # fmt: skip
    made.accept("exchange_rates", [rate("2023-12-28", "2.5")], sender="ECB", layout="history", sequence=3)
    made.accept(
        "comext_trade",
        [
            trade("DE", "US", "VALUE_EUR", 10),
            trade("DE", "US", "NET_MASS_KG", 4),
            trade("FR", "US", "VALUE_EUR", 3, procedure="1"),
            trade("FR", "US", "VALUE_EUR", 4, procedure="2"),
            trade("DE", "NA", "VALUE_EUR", 1),
            trade("DE", "FR", "VALUE_EUR", 999),
            trade("DE", "XI", "VALUE_EUR", 999),
            trade("DE", "WORLD", "VALUE_EUR", 999),
            trade("DE", "UK", "VALUE_EUR", 5),
            trade("DE", "UK", "VALUE_EUR", 999, time_period="2019"),
        ],
        sender="ESTAT",
        layout="bulk",
    )
    notification = {"notification_reference": "2023.0001", "notification_date": date(2023, 1, 2),
                    "notifying_member": "DE"}  # fmt: skip
    made.accept(
        "rasff",
        [
            {**notification, "record_source": "PORTAL", "origin_countries": "Namibia", "hazards": "a; b",
             "hazard_categories": "allergens; allergens"},
            {**notification, "record_source": "WINDOW", "origin_countries": "Turkey; unknown origin",
             "hazards": None, "hazard_categories": None},
        ],
        sender="SANTE",
        layout="portal",
    )  # fmt: skip
    return made


@pytest.fixture(scope="module")
def built(inbox: Inbox, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> BuildResult:
    return build(inbox.deliveries, registry, tmp_path_factory.mktemp("build"))


def query(result: BuildResult, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(result.database), read_only=True) as database:
        return database.execute(sql).fetchall()


def test_scores_are_of_those_who_gave_one_and_say_how_many_were_asked(built: BuildResult) -> None:
    assert query(
        built,
        "SELECT MEASURE, OBS_VALUE, FREQ, TIME_PERIOD, REF_AREA, OBS_STATUS, CONF_STATUS, N_SENDERS, N_EXPECTED"
        " FROM indicators.o567_14",
    ) == [
        (measure, value, "A3", "2018-2020", "EU27_2020", "D", "F", 26, 27)
        for measure, value in [
            ("COUNT_1", 2.0), ("COUNT_2", 1.0), ("COUNT_3", 11.0), ("COUNT_4", 7.0),
            ("MEAN", 65 / 21), ("NO_REPLY", 5.0), ("RESPONDENTS", 21.0), ("SHARE_3_4", 18 / 21),
        ]
    ]  # fmt: skip


def test_an_indicator_nobody_sent_data_for_is_there_and_empty(built: BuildResult) -> None:
    assert {table.name: table.rows for table in built.indicators}["o4_3"] == 0


def test_the_cube_has_the_keys_that_occur_and_real_data_displace_synthetic(built: BuildResult) -> None:
    cells = query(
        built,
        "SELECT SYSTEM, ASPECT, ACTOR, OBS_VALUE FROM indicators.o12_3 WHERE MEASURE = 'SHARE_COMPLETED' ORDER BY ALL",
    )
    shares = {("DEPLOYMENT", "COM"): 1.0, ("DEPLOYMENT", "_T"): 1.0, ("OPERATION", "COM"): 0.0,
              ("OPERATION", "MS"): 0.0, ("OPERATION", "_T"): 0.0, ("_T", "COM"): 0.5, ("_T", "MS"): 0.0,
              ("_T", "_T"): 1 / 3}  # fmt: skip
    assert cells == [(system, *key, share) for system in ("REX", "_T") for key, share in shares.items()]


def test_of_a_key_the_trusted_layout_counts_and_then_the_last_received(built: BuildResult) -> None:
    rates = query(built, "SELECT time_period, units_per_eur FROM accepted.exchange_rates ORDER BY ALL")
    assert [(day, float(value)) for day, value in rates] == [("2023-12-28", 2.5), ("2023-12-29", 1.5)]
    assert query(built, "SELECT time_period, average_units_per_eur FROM marts.mart_exchange_rates ORDER BY ALL") == [
        ("2023", 2.0),
        ("2023-12", 2.0),
    ]


def test_rows_know_their_delivery(built: BuildResult) -> None:
    assert query(built, "SELECT DISTINCT _sender, _period, _layout, _is_synthetic FROM accepted.it_systems") == [
        ("TAXUD", "2020", "template", False)
    ]


def test_external_trade_is_with_partners_outside_the_eu_of_the_period(built: BuildResult) -> None:
    assert query(
        built,
        "SELECT declarant, partner, CAST(value_eur AS DOUBLE), unit_value_eur_per_kg, declarants_count"
        " FROM marts.mart_external_trade",
    ) == [
        ("DE", "NA", 1.0, None, 1),
        ("DE", "UK", 5.0, None, 1),
        ("DE", "US", 10.0, 2.5, 1),
        ("EU27_2020", "NA", 1.0, None, 1),
        ("EU27_2020", "UK", 5.0, None, 1),
        ("EU27_2020", "US", 17.0, 4.25, 2),
        ("FR", "US", 7.0, None, 1),
    ]


def test_renderings_of_an_alert_are_merged_column_by_column(built: BuildResult) -> None:
    assert query(
        built,
        "SELECT origin_country, hazard_code, alerts_count FROM marts.mart_alerts WHERE freq = 'M'",
    ) == [(origin, hazard, 1) for origin in ("TR", "_T", "_X") for hazard in ("ALLERGENS", "_T")]


def test_tables_of_the_source_that_do_not_add_up_are_found_and_stay(built: BuildResult) -> None:
    found = [(item.subject, item.expected, item.found) for item in built.findings if item.model == "qc_survey_tables"]
    assert found == [("question s2-5-1-4, item _Z", 26.0, 25.0)]
    assert [item.name for item in built.warned] == ["has_no_rows_qc_survey_tables_"]
    assert query(built, "SELECT sum(respondents) FROM marts.mart_survey WHERE question_id = 's2-5-1-4'") == [(25,)]


def test_nothing_fails_and_nothing_is_skipped(built: BuildResult) -> None:
    assert (built.failed, built.skipped) == ((), ())


def test_the_order_of_the_deliveries_changes_no_table(
    built: BuildResult, inbox: Inbox, registry: Registry, tmp_path: Path
) -> None:
    again = build(inbox.deliveries[::-1], registry, tmp_path)
    assert again.findings == built.findings
    for table in (*built.indicators, *built.marts):
        assert query(again, f"FROM {table.relation}") == query(built, f"FROM {table.relation}"), table.relation


def test_without_any_delivery_everything_is_there_empty_and_the_models_pass_their_unit_tests(
    registry: Registry, tmp_path: Path
) -> None:
    empty = build([], registry, tmp_path, unit_tests=True)
    assert {table.rows for table in (*empty.indicators, *empty.marts)} == {0}
    assert {table.name for table in empty.indicators} == {spec.table for spec in load_specs().values()}
    assert (empty.failed, empty.warned, empty.findings) == ((), (), ())
    assert {test.status for test in empty.tests if test.kind == "unit_test"} == {"pass"}


def test_nothing_is_written_into_the_project(built: BuildResult, registry: Registry) -> None:
    assert not [path.name for path in registry.project.dbt.iterdir() if path.name in ("target", "logs", ".user.yml")]


def test_a_delivery_of_an_unknown_feed_is_refused_by_name(registry: Registry, tmp_path: Path) -> None:
    stranger = LocalDelivery("weather", "2020", "TAXUD", "0" * 16, tmp_path / "x.parquet", "csv", 1)
    with pytest.raises(KeyError, match="weather"):
        build([stranger], registry, tmp_path)


def test_a_broken_model_is_named_with_its_message(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text("{name: broken, version: 1.0.0, profile: customs_monitor}")
    (project / "profiles.yml").write_text((Project.locate().dbt / "profiles.yml").read_text(encoding="utf-8"))
    (project / "models" / "wrong.sql").write_text("SELECT no_such_column FROM (SELECT 1 AS one) AS ones")
    with pytest.raises(DbtError, match=r"model wrong: .*no_such_column"):
        dbt_build(project, tmp_path / "x.duckdb", tmp_path / "scratch", unit_tests=False, threads=1)


def test_the_sources_are_those_of_the_contracts(registry: Registry) -> None:
    committed = dbt_sources.sources_path(registry).read_text(encoding="utf-8")
    assert committed == dbt_sources.render(registry), "run: python -m customs_monitor.release.dbt_sources"
