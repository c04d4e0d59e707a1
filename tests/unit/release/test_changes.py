"""Every changed figure names why it changed: late data, a revision, a correction, the method, the rules, the code."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from customs_monitor.release.causes import Cause
from customs_monitor.release.changes import Changes, changes
from customs_monitor.release.contents import Contents, IndicatorEntry, LineageNode, MartEntry
from customs_monitor.release.datasets import Dataset
from customs_monitor.release.diff import as_text
from customs_storage.hashing import sha256_of
from customs_storage.manifest import Manifest, ManifestDelivery
from support.releases import SPEC

FEED, EU = "crc_statistics", "EU27_2020"
DATASET = Dataset(
    kind="indicators", id="o4-7", relation="indicators.o4_7", title="Hits", description="", columns=(),
    key=("INDICATOR", "FREQ", "REF_AREA", "TIME_PERIOD", "MEASURE"),
)  # fmt: skip
MART = Dataset(
    kind="marts", id="crc", relation="marts.mart_crc", title="Criteria", description="", columns=(),
    key=("member_state", "reference_period"),
)  # fmt: skip
SPEC_OF_HITS = SPEC.model_copy(update={"id": "o4-7", "dimensions": (), "source_feeds": (FEED,)})
MODELS = {"o4_7": "SELECT a", "int_crc_hits": "SELECT b", "mart_crc": "SELECT c"}
READS = {"o4_7": ("int_crc_hits",), "int_crc_hits": ("accepted.crc_statistics",), "mart_crc": ("int_crc_hits",)}


def delivery(sender: str, period: str = "2026-Q3", number: int = 1, **other: Any) -> ManifestDelivery:
    return ManifestDelivery(
        **{
            "feed": FEED, "period": period, "sender": sender, "delivery_id": f"{sender}{number}", "sha256": "a" * 64,
            "received_at": datetime(2026, 11, 1, tzinfo=UTC), "origin": f"{FEED}/{sender}.csv", "synthetic": False,
            "accepted_sha256": "b" * 64, **other,
        }
    )  # fmt: skip


@dataclass(frozen=True)
class Told:
    """A state of the tables, as a release would tell it; figures by area and period, with senders by period."""

    deliveries: tuple[ManifestDelivery, ...]
    figures: dict[tuple[str, str], float | None]
    code: str = "0.1.0+gaaaaaaaaaaaa.bbbbbbbbbbbb"
    lock: str = "c" * 64
    contract: str = "d" * 64
    spec: dict[str, Any] = field(default_factory=dict)
    sql: dict[str, str] = field(default_factory=dict)
    with_corrections: Collection[str] = ()

    @property
    def manifest(self) -> Manifest:
        return Manifest(
            release_id=f"20261101T000000Z-{sha256_of(repr(self).encode())[:8]}",
            created_at=datetime(2026, 11, 1, tzinfo=UTC),
            code_version=self.code,
            input_fingerprint="e" * 64,
            contract_fingerprints={FEED: self.contract, "rasff": "f" * 64},
            lock_fingerprint=self.lock,
            files=(),
            deliveries=self.deliveries,
            gate=(),
        )

    @property
    def contents(self) -> Contents:
        entry = IndicatorEntry(
            id="o4-7", title="Hits", table="3", objectives="4", level="outcome", unit="hits", source="", frequency="Q",
            state="published", reason="", spec=SPEC_OF_HITS.model_copy(update=self.spec), dataset=DATASET, rows=1,
            feeds=(FEED,), synthetic=False,
        )  # fmt: skip
        return Contents(
            indicators=(entry,),
            marts=(MartEntry(dataset=MART, rows=1, feeds=(FEED,), synthetic=False),),
            feeds={},
            findings=(),
            checks=(),
            lineage={
                name: LineageNode(description="", depends_on=READS[name], sql=self.sql.get(name, sql))
                for name, sql in MODELS.items()
            },
        )

    def sha256(self, dataset: Dataset) -> str | None:
        return sha256_of(repr(self.table(dataset).to_pylist()).encode())

    def table(self, dataset: Dataset) -> pa.Table:
        figures = sorted(self.figures.items())
        if dataset is MART:
            return pa.table(
                {
                    "member_state": [area for (area, _), _ in figures],
                    "reference_period": [period for (_, period), _ in figures],
                    "rate": pa.array([value for _, value in figures], pa.float64()),
                }
            )
        senders = [sum(item.period == period for item in self.deliveries) for (_, period), _ in figures]
        return pa.table(
            {
                "INDICATOR": ["o4-7"] * len(figures),
                "FREQ": ["Q"] * len(figures),
                "REF_AREA": [area for (area, _), _ in figures],
                "TIME_PERIOD": [period for (_, period), _ in figures],
                "MEASURE": ["HITS"] * len(figures),
                "OBS_VALUE": pa.array([value for _, value in figures], pa.float64()),
                "OBS_STATUS": ["L" if value is None else "A" for _, value in figures],
                "N_SENDERS": pa.array(senders, pa.int64()),
            }
        )

    def corrected(self, delivery: ManifestDelivery) -> bool:
        return delivery.delivery_id in self.with_corrections


Q2, Q3 = "2026-Q2", "2026-Q3"
BEFORE = Told(
    (delivery("FR"), delivery("DE"), delivery("FR", Q2)),
    {("FR", Q3): 5.0, ("DE", Q3): 2.0, ("LU", Q3): None, (EU, Q3): 7.0, ("FR", Q2): 1.0, (EU, Q2): 1.0},
)
REST = BEFORE.deliveries[1:]


def causes(told: Changes, stem: str = "indicators/o4-7/o4-7") -> dict[tuple[str, str], list[str]]:
    """The causes of each changed row, in words, by area and period."""
    table = told.of(stem)
    assert table is not None
    names = ("REF_AREA", "TIME_PERIOD") if stem.startswith("indicators") else ("member_state", "reference_period")
    return {
        (str(row.key[names[0]]), str(row.key[names[1]])): [cause.text for cause in row.causes] for row in table.rows
    }


def test_late_data_change_the_sender_s_figure_the_union_s_and_the_coverage_of_all() -> None:
    after = replace(
        BEFORE,
        deliveries=(*BEFORE.deliveries, delivery("LU")),
        figures={**BEFORE.figures, ("LU", Q3): 4.0, (EU, Q3): 11.0},
    )
    told = changes(BEFORE, after)
    late = ["late data: crc_statistics 2026-Q3 LU"]
    assert causes(told) == {("LU", Q3): late, (EU, Q3): late, ("FR", Q3): late, ("DE", Q3): late}
    table = told.of("indicators/o4-7/o4-7")
    assert (table.changed, table.figures) == (4, 2)
    # Figures come first.
    assert [row.key["REF_AREA"] for row in table.rows] == [EU, "LU", "DE", "FR"]
    assert [row.difference for row in table.rows] == [4.0, None, None, None]
    assert "changed  o4-7 Q EU27_2020 2026-Q3 HITS: 7 -> 11 (+4), N_SENDERS 2 -> 3  [late data]" in as_text(told)
    assert "changed  o4-7 Q LU 2026-Q3 HITS: nothing -> 4, OBS_STATUS L -> A" in as_text(told)


def test_a_revision_is_told_apart_from_late_data_and_named_only_where_it_counts() -> None:
    after = replace(
        BEFORE,
        deliveries=(delivery("FR", number=2), delivery("DE"), delivery("LU"), delivery("FR", Q2)),
        figures={**BEFORE.figures, ("FR", Q3): 6.0, ("LU", Q3): 4.0, (EU, Q3): 12.0},
    )
    told = changes(BEFORE, after)
    revision, late = "revision: crc_statistics 2026-Q3 FR", "late data: crc_statistics 2026-Q3 LU"
    assert causes(told) == {
        ("FR", Q3): [revision],
        ("LU", Q3): [late],
        (EU, Q3): [revision, late],
        # Its figure is the same; its coverage is not.
        ("DE", Q3): [revision, late],
    }
    assert {(item.kind, item.delivery.delivery_id, item.replaces) for item in told.deliveries} == {
        ("revision", "FR2", ("FR1",)),
        ("late data", "LU1", ()),
    }
    assert [cause.text for cause in told.of("marts/crc/crc").causes] == [late, revision]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"deliveries": (delivery("FR", number=2), *REST), "with_corrections": {"FR2"}}, "correction"),
        ({"deliveries": (delivery("FR", accepted_sha256="9" * 64), *REST)}, "judged again"),
        (
            {"deliveries": (delivery("FR", accepted_sha256="9" * 64), *REST), "with_corrections": {"FR1"}},
            "correction",
        ),
        ({"deliveries": REST}, "withdrawn"),
        ({"deliveries": (*BEFORE.deliveries, delivery("FR", number=2))}, "further data"),
    ],
)
def test_what_became_of_a_delivery_is_told(change: dict[str, Any], kind: str) -> None:
    after = replace(BEFORE, figures={**BEFORE.figures, ("FR", Q3): 6.0}, **change)
    assert causes(changes(BEFORE, after))["FR", Q3] == [f"{kind}: crc_statistics 2026-Q3 FR"]


def test_deliveries_of_a_period_that_nobody_had_sent_are_new() -> None:
    after = replace(
        BEFORE,
        deliveries=(*BEFORE.deliveries, delivery("FR", "2026-Q4")),
        figures={**BEFORE.figures, ("FR", "2026-Q4"): 6.0},
    )
    told = changes(BEFORE, after)
    assert causes(told) == {("FR", "2026-Q4"): ["new data: crc_statistics 2026-Q4 FR"]}
    assert told.of("indicators/o4-7/o4-7").added == 1


def test_real_deliveries_take_the_place_of_synthetic_ones() -> None:
    made_up = replace(BEFORE, deliveries=(delivery("FR", number=9, synthetic=True), delivery("EL", synthetic=True)))
    after = replace(BEFORE, deliveries=(delivery("FR"),), figures={**BEFORE.figures, (EU, Q3): 5.0})
    told = changes(made_up, after)
    assert {item.kind for item in told.deliveries} == {"real for synthetic data"}
    assert causes(told)[EU, Q3] == ["real for synthetic data: crc_statistics 2026-Q3 EL, FR"]


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"spec": {"version": "2.0.0", "formula": "other"}}, "method: version 1.0.0 -> 2.0.0; formula"),
        ({"sql": {"int_crc_hits": "SELECT other"}}, "method: SQL of int_crc_hits"),
        ({"contract": "9" * 64}, "rules of the feed: crc_statistics"),
        ({"code": "0.2.0+999999999999"}, "code change: 0.1.0+gaaaaaaaaaaaa.bbbbbbbbbbbb -> 0.2.0+999999999999"),
        (
            {"code": "0.1.0+999999999999", "lock": "9" * 64},
            "libraries: 0.1.0+gaaaaaaaaaaaa.bbbbbbbbbbbb -> 0.1.0+999999999999",
        ),
        ({}, "not explained: the same deliveries, definition and code"),
    ],
)
def test_without_a_delivery_method_rules_or_code_are_the_cause(change: dict[str, Any], cause: str) -> None:
    after = replace(BEFORE, figures={**BEFORE.figures, ("FR", Q3): 6.0}, **change)
    assert causes(changes(BEFORE, after)) == {("FR", Q3): [cause]}


def test_a_new_method_is_named_beside_the_delivery_for_the_share_of_each_is_unknown() -> None:
    after = replace(
        BEFORE,
        deliveries=(delivery("FR", number=2), *BEFORE.deliveries[1:]),
        figures={**BEFORE.figures, ("FR", Q3): 6.0, ("DE", Q3): 3.0},
        sql={"o4_7": "SELECT other"},
    )
    told = causes(changes(BEFORE, after))
    assert told["FR", Q3] == ["revision: crc_statistics 2026-Q3 FR", "method: SQL of o4_7"]
    assert changes(BEFORE, after).methods[0].table == "indicators/o4-7/o4-7"


def test_a_release_that_kept_no_sql_accuses_no_method() -> None:
    silent = replace(BEFORE, sql=dict.fromkeys(MODELS, ""))
    after = replace(BEFORE, figures={**BEFORE.figures, ("FR", Q3): 6.0})
    assert causes(changes(silent, after)) == {("FR", Q3): ["not explained: the same deliveries, definition and code"]}


def test_causes_of_a_table_are_of_all_its_changes_also_of_those_not_told() -> None:
    after = replace(
        BEFORE,
        deliveries=(delivery("FR", number=2), delivery("DE"), delivery("LU"), delivery("FR", Q2, number=2)),
        figures={**BEFORE.figures, ("FR", Q3): 6.0, ("FR", Q2): 2.0, ("LU", Q3): 4.0},
    )
    table = changes(BEFORE, after, rows=1).of("indicators/o4-7/o4-7")
    assert len(table.rows) == 1
    assert table.causes == (
        Cause(kind="revision", feed=FEED, period=Q2, senders=("FR",)),
        Cause(kind="late data", feed=FEED, period=Q3, senders=("LU",)),
        Cause(kind="revision", feed=FEED, period=Q3, senders=("FR",)),
    )


def test_nothing_changed() -> None:
    told = changes(BEFORE, BEFORE)
    assert (told.tables, told.deliveries, told.methods, told.rules) == ((), (), (), ())
    assert told.of("indicators/o4-7/o4-7") is None
    assert "Every table is the same." in as_text(told)
