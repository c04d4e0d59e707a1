"""From a published figure down to the rows it rests on, and what was left out of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from customs_monitor.collection.records import JudgementRecord, Receipt
from customs_monitor.contracts import Registry
from customs_monitor.release import release_now
from customs_monitor.release.behind import behind
from customs_monitor.release.contents import CONTENTS, Contents, IndicatorEntry
from customs_monitor.release.errors import NotInRelease
from customs_monitor.release.exclusions import Exclusions
from customs_monitor.release.explain import explain
from customs_monitor.release.explain_text import as_text
from customs_monitor.release.history import manifest_in_force
from customs_monitor.validation.findings import ISSUE_SCHEMA
from customs_storage.manifest import ManifestDelivery
from customs_storage.parquet import write_parquet
from support.releases import ANSWERS

FIGURE = ("o4-3", "2018-2020", "EU27_2020")


@pytest.fixture
def first(store, layout, registry, deliveries, fake_build, scratch):
    deliveries.survey()
    return release_now(store, layout, registry, "run-1", scratch())


@pytest.fixture
def second(store, layout, registry, deliveries, first, scratch):
    """One Member State more gave the highest score in the second."""
    deliveries.survey({**ANSWERS, "4": 12, "NO_REPLY": 0}, sequence=2)
    return release_now(store, layout, registry, "run-2", scratch())


def place(receipt: Receipt) -> dict[str, str]:
    return receipt.model_dump(include={"feed", "period", "sender", "delivery_id"})


class TestDeliveries:
    def test_goes_down_to_the_delivery(self, store, layout, registry, second):
        told = explain(store, layout, *FIGURE, {"MEASURE": "COUNT_4"}, registry=registry)
        assert [cell["OBS_VALUE"] for cell in told.cells] == [12]
        assert [step.name for step in told.lineage] == ["o4_3", "stg_survey_results"]
        (delivery,) = told.deliveries
        assert store.head(delivery.landing) is not None
        assert (delivery.feed, delivery.rows_accepted, delivery.verdict) == (
            "survey_results",
            5,
            "accepted_with_warnings",
        )
        assert [(issue.rule, issue.count) for issue in delivery.issues] == [("distribution_adds_up", 1)]

    def test_reads_well(self, store, layout, registry, second):
        text = as_text(explain(store, layout, *FIGURE, registry=registry))
        meaning = "the source answers a neighbouring question"
        assert f"CRMF_ELEMENT _T, MEASURE COUNT_4 = 12  (status D, {meaning}; 26 of 27 senders)" in text
        assert "assumed since 2026-10-01: One question stands for all three elements." in text
        assert "warning: distribution_adds_up x1" in text
        assert "Rows (5 accepted rows enter the figures)\n  computed again from them: the same" in text
        assert "line 5: cycle 2018-2020, question_id o4-3, item _Z, category 4, respondents 12" in text

    def test_says_that_it_is_synthetic(self, store, layout, registry, deliveries, fake_build, scratch):
        deliveries.survey(synthetic=True)
        release_now(store, layout, registry, "run-1", scratch())
        told = explain(store, layout, *FIGURE, registry=registry)
        assert told.synthetic
        assert "RESTS ON SYNTHETIC DATA" in as_text(told)

    def test_a_feed_by_cycle_is_behind_the_figures_of_its_own_cycles_only(self):
        entry = IndicatorEntry(
            id="o4-3", title="", table="3", objectives="4", level="result", unit="", source="", frequency="cycle",
            state="published", reason="", spec=None, dataset=None, rows=1, synthetic=True,
            feeds=("ms_questionnaire", "survey_results", "exchange_rates"),
        )  # fmt: skip
        asked, told, rates = (
            ManifestDelivery(
                feed=feed, period=period, sender="XX", delivery_id=f"{feed[:2]}-{period}", sha256="a" * 64,
                received_at=datetime(2026, 11, 1, tzinfo=UTC), origin="", synthetic=False,
            )
            for feed, period in zip(entry.feeds, ("2021-2023", "2018-2020", "2020-12"), strict=True)
        )  # fmt: skip
        assert behind((asked, told, rates), entry, "2018-2020") == [told, rates]
        assert behind((asked, told, rates), entry, "2021-2023") == [asked, rates]

    def test_an_unknown_cell_is_refused(self, store, layout, registry, second):
        with pytest.raises(NotInRelease, match="no column COLOUR"):
            explain(store, layout, *FIGURE, {"COLOUR": "RED"}, registry=registry)


class TestRows:
    def test_only_the_rows_of_the_figure_are_told_and_all_are_counted(self, store, layout, registry, second):
        told = explain(store, layout, *FIGURE, {"MEASURE": "MEAN"}, rows=2, registry=registry)
        assert told.rows
        assert (told.rows.total, told.rows.looked_at, told.rows.agrees) == (4, 5, True)
        assert [(row.line, row.values["category"]) for row in told.rows.shown] == [(2, "1"), (3, "2")]
        assert "... and 2 more (--rows 4 shows all)" in as_text(told)

    def test_of_an_older_release_they_are_those_of_then(self, store, layout, registry, first, second):
        told = explain(store, layout, *FIGURE, {"MEASURE": "COUNT_4"}, as_of=first.release_id, registry=registry)
        assert (told.release_id, told.cells[0]["OBS_VALUE"]) == (first.release_id, 11)
        assert [row.values["respondents"] for row in told.rows.shown] == [11]
        assert told.rows.agrees

    def test_a_confidential_figure_shows_no_value_of_its_rows(
        self, store, layout, registry, deliveries, fake_build, scratch
    ):
        fake_build.confidential = True
        receipt = deliveries.survey()
        report(store, layout, receipt, [issue(6, "RESPONDENTS_MANY", "14 is much")], scratch())
        release_now(store, layout, registry, "run-1", scratch())
        told = explain(store, layout, *FIGURE, {"MEASURE": "COUNT_4"}, registry=registry)
        assert (told.cells[0]["OBS_VALUE"], told.rows.withheld, told.rows.agrees) == (None, True, None)
        assert [(row.line, dict(row.values)) for row in told.rows.shown] == [(5, {})]
        text = as_text(explain(store, layout, *FIGURE, registry=registry))
        assert "their values are not shown" in text
        assert "14" not in text.partition("Rows (")[2].partition("Deliveries (")[0]
        assert "14 is much" not in text

    def test_rows_that_are_not_what_was_judged_are_named_and_not_shown(self, store, layout, registry, second):
        (info,) = (info for info in store.list("accepted/") if info.key.endswith(f"{second_id(store)}.parquet"))
        path = store.local_path(info.key)
        path.chmod(0o644)
        path.write_bytes(b"other")
        told = explain(store, layout, *FIGURE, registry=registry)
        assert told.rows is None
        assert f"{info.key} is not what" in told.rows_unknown
        assert f"cannot be told: {told.rows_unknown}" in as_text(told)

    def test_a_release_that_kept_no_sql_says_so(self, store, layout, registry, first):
        key = layout.key("release_file", release_id=first.release_id, path=CONTENTS)
        contents = Contents.of(store, layout, first.release_id)
        bare = {name: node.model_copy(update={"sql": ""}) for name, node in contents.lineage.items()}
        path = store.local_path(key)
        path.chmod(0o644)
        path.write_bytes(contents.model_copy(update={"lineage": bare}).to_json())
        told = explain(store, layout, *FIGURE, registry=registry)
        assert "does not have the SQL of stg_survey_results" in told.rows_unknown
        assert len(told.deliveries) == 1


def second_id(store) -> str:
    (delivery,) = manifest_in_force(store).deliveries
    return delivery.delivery_id


def issue(line: int | None, code: str, message: str) -> dict[str, object]:
    return {
        "code": code, "rule": code.lower(), "severity": "warning", "level": 1, "line": line, "column": "respondents",
        "value": "14", "message": message, "cure": "Look.", "fixes": "sender",
    }  # fmt: skip


def report(store, layout, receipt: Receipt, issues: list[dict[str, object]], folder) -> None:
    """Put the report of a delivery where judging puts it."""
    path = folder / "issues.parquet"
    write_parquet(pa.Table.from_pylist(issues, schema=ISSUE_SCHEMA), path, ISSUE_SCHEMA)
    store.put(layout.key("rejected", **place(receipt), name="issues.parquet"), path)


class TestRules:
    def test_issues_and_corrections_are_those_of_the_rows(
        self, store, layout, registry, deliveries, fake_build, scratch
    ):
        receipt = deliveries.survey()
        issues = [
            issue(None, "ROWS_CHANGED_MUCH", "The delivery has 5 rows"),
            issue(5, "RESPONDENTS_MANY", "11 is much"),
            issue(5, "CORRECTION_APPLIED", "14 became 11"),
            issue(6, "RESPONDENTS_MANY", "of another row"),
        ]
        report(store, layout, receipt, issues, scratch())
        release_now(store, layout, registry, "run-1", scratch())
        told = explain(store, layout, *FIGURE, {"MEASURE": "COUNT_4"}, registry=registry)
        assert [(item.line, item.message) for item in told.issues] == [
            (None, "The delivery has 5 rows"),
            (5, "11 is much"),
        ]
        assert [item.message for item in told.corrections] == ["14 became 11"]
        (rules,) = told.rules
        assert rules.feed == "survey_results"
        assert "distribution_adds_up" in rules.rules
        assert "CORRECTION_APPLIED" in rules.general
        text = as_text(told)
        assert "line 5, respondents: 11 is much" in text
        assert "the whole delivery: The delivery has 5 rows" in text
        assert "of another row" not in text


class TestExclusions:
    def test_a_superseded_delivery_is_named_with_what_replaced_it(self, store, layout, registry, first, second):
        (left_out,) = explain(store, layout, *FIGURE, registry=registry).exclusions
        assert (left_out.kind, left_out.rows) == ("superseded delivery", 5)
        assert left_out.reason == f"replaced by {second_id(store)}"
        before = explain(store, layout, *FIGURE, as_of=first.release_id, registry=registry)
        assert {item.kind for item in before.exclusions} <= {"superseded delivery", "delivery that came too late"}

    def test_synthetic_deliveries_give_way_to_real_ones(self, store, layout, registry, deliveries, fake_build, scratch):
        deliveries.survey({**ANSWERS, "4": 9}, synthetic=True)
        deliveries.survey(sequence=2)
        release_now(store, layout, registry, "run-1", scratch())
        told = explain(store, layout, *FIGURE, registry=registry)
        assert [item.kind for item in told.exclusions] == ["displaced synthetic delivery"]
        assert not told.synthetic

    @pytest.mark.parametrize(
        ("judged", "kind", "reason"),
        [
            ({"verdict": "refused", "accepted_sha256": None}, "refused delivery", "adds_up x2"),
            (None, "delivery without a verdict", "customs-monitor run judges it"),
        ],
    )
    def test_what_was_not_accepted_is_named(self, store, layout, registry, deliveries, first, judged, kind, reason):
        accepted = deliveries.survey({**ANSWERS, "4": 1}, sequence=2)
        again = place(accepted) | {"delivery_id": "0123456789abcdef"}
        receipt = accepted.model_copy(update={"delivery_id": again["delivery_id"], "file": "broken.csv"})
        store.put(layout.key("receipt", **again), receipt.to_bytes())
        if judged:
            key = layout.key("judgement", **place(accepted))
            judgement = JudgementRecord.read(store, key)
            rule = judgement.issues[0].model_copy(update={"rule": "adds_up", "severity": "error", "count": 2})
            update = judged | {"delivery_id": again["delivery_id"], "issues": (rule,)}
            store.put(layout.key("judgement", **again), judgement.model_copy(update=update).to_bytes())
        found = explain(store, layout, *FIGURE, registry=registry).exclusions
        (left_out,) = (item for item in found if item.file == "broken.csv")
        assert (left_out.kind, left_out.reason) == (kind, reason)

    def test_who_has_not_delivered_is_named_for_the_union_and_for_himself_alone(
        self, store, layout, registry: Registry, deliveries, first, scratch
    ):
        row = {
            "reference_period": "2026-Q3", "member_state": "FR", "movement": "IMPORT", "crc_code": "_T",
            "high_interest_country": "_T", "automated_hits": 0, "hits_after_assessment": 0, "controls": 0,
            "positive_results": 0, "conf_status": "F",
        }  # fmt: skip
        deliveries.deliver("crc_statistics", "FR", "2026-Q3", [row])
        deliveries.deliver("crc_statistics", "LU", "2026-Q3", [row])
        release_now(store, layout, registry, "run-2", scratch())
        exclusions = Exclusions(store, layout, registry, manifest_in_force(store))
        of_the_union = exclusions.of(["crc_statistics"], "2026-Q3", "EU27_2020")
        assert [item.sender for item in of_the_union if item.kind == "missing sender"] == sorted(
            set(registry.expected_senders("crc_statistics", "2026-Q3")) - {"FR", "LU"}
        )
        assert [item.kind for item in exclusions.of(["crc_statistics"], "2026-Q3", "EL")] == ["missing sender"]
        assert exclusions.of(["crc_statistics"], "2026-Q3", "FR") == []
        late = datetime.now(UTC) + timedelta(days=1)
        deliveries.deliver("crc_statistics", "FR", "2026-Q3", [row, row], arrived=late, sequence=2)
        (too_late,) = exclusions.of(["crc_statistics"], "2026-Q3", "FR")
        assert too_late.kind == "delivery that came too late"

    def test_refused_rows_of_an_accepted_delivery_are_counted_with_their_rules(
        self, store, layout, registry, deliveries, fake_build, scratch
    ):
        receipt = deliveries.survey()
        key = layout.key("judgement", **place(receipt))
        judgement = JudgementRecord.read(store, key)
        rule = judgement.issues[0].model_copy(update={"rule": "key.duplicate_row", "severity": "error", "count": 3})
        store.delete(key)
        store.put(key, judgement.model_copy(update={"rows_refused": 3, "issues": (rule,)}).to_bytes())
        release_now(store, layout, registry, "run-1", scratch())
        (left_out,) = explain(store, layout, *FIGURE, registry=registry).exclusions
        assert (left_out.kind, left_out.rows, left_out.reason) == ("refused rows", 3, "key.duplicate_row x3")
        assert "refused rows: survey_results 2018-2020 TAXUD: survey_results.csv (3 rows)" in as_text(
            explain(store, layout, *FIGURE, registry=registry)
        )
