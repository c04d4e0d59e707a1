"""Accepted deliveries put into a store as collection would, and a build that takes no dbt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from customs_monitor.collection.records import JudgementRecord, Receipt, RuleCount
from customs_monitor.collection.verdicts import judgement_key, last_judgement, place_of, rows_key
from customs_monitor.contracts import Registry
from customs_monitor.release.accepted import LocalDelivery
from customs_monitor.release.build import BuildResult, BuiltTable, Finding
from customs_monitor.release.dbt_run import NodeResult
from customs_monitor.release.specs import Assumption, Chart, IndicatorSpec, Racer, Validity
from customs_storage import ObjectStore
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout
from customs_storage.parquet import write_parquet

CYCLE = "2018-2020"
#: Answers 1, 2, 3, 4 and no reply to the question of o4-3, as in the source document's section 2.4.3.7.
ANSWERS = {"1": 0, "2": 0, "3": 14, "4": 11, "NO_REPLY": 1}


@dataclass
class Deliveries:
    """Puts accepted deliveries into a store as collection would."""

    store: ObjectStore
    layout: Layout
    registry: Registry
    folder: Path

    def survey(
        self,
        answers: dict[str, int] | None = None,
        *,
        cycle: str = CYCLE,
        question: str = "o4-3",
        arrived: datetime = datetime(2026, 10, 1, 6, tzinfo=UTC),
        sequence: int = 1,
        synthetic: bool = False,
    ) -> Receipt:
        """Deliver the answers to one question."""
        answers = answers or ANSWERS
        rows = [
            {
                "cycle": cycle,
                "question_id": question,
                "item": "_Z",
                "category": category,
                "respondents": number,
                "respondents_total": sum(answers.values()),
                "source": "SWD(2021) 2, 2.4.3.7",
            }
            for category, number in answers.items()
        ]
        return self.deliver(
            "survey_results", "TAXUD", cycle, rows, arrived=arrived, sequence=sequence, synthetic=synthetic
        )

    def deliver(
        self,
        feed: str,
        sender: str,
        period: str,
        rows: Sequence[dict[str, object]],
        *,
        arrived: datetime = datetime(2026, 10, 1, 6, tzinfo=UTC),
        sequence: int = 1,
        synthetic: bool = False,
    ) -> Receipt:
        """Land, accept and judge rows of a feed."""
        schema = self.registry.arrow_schema(feed)
        raw = repr(rows).encode()
        place = {"feed": feed, "period": period, "sender": sender, "delivery_id": sha256_of(raw)[:16]}
        table = pa.Table.from_pylist(
            [
                {name: row.get(name) for name in schema.names if not name.startswith("_")}
                | {"_delivery_id": place["delivery_id"], "_line_number": number}
                for number, row in enumerate(rows, start=2)
            ],
            schema=schema,
        )
        self.folder.mkdir(exist_ok=True)
        path = self.folder / f"{place['delivery_id']}.parquet"
        write_parquet(table, path, schema)
        receipt = Receipt(
            **place,
            file=f"{feed}.csv",
            sha256=sha256_of(raw),
            size=len(raw),
            received_at=arrived,
            sequence=sequence,
            layout=self.registry.feeds[feed].layouts[0].id,
            fits=True,
            origin=f"inbox/{feed}/{feed}.csv",
            synthetic=synthetic,
        )
        judgement = JudgementRecord(
            **place,
            contract_version="1.0.0",
            verdict="accepted_with_warnings",
            rows_read=len(rows),
            rows_accepted=len(rows),
            rows_refused=0,
            rows_skipped=0,
            issues=(
                RuleCount(
                    code="DISTRIBUTION_ADDS_UP", rule="distribution_adds_up", severity="warning", level=1, count=1
                ),
            ),
            accepted_sha256=sha256_of(path),
        )
        self.store.put(self.layout.key("landing", **place, name=receipt.file), raw)
        self.store.put(self.layout.key("receipt", **place), receipt.to_bytes())
        self.store.put(self.layout.key("accepted", **place), path)
        self.store.put(self.layout.key("judgement", **place), judgement.to_bytes())
        return receipt

    def judge_again(self, receipt: Receipt, keep: int) -> JudgementRecord:
        """Judge a delivery again by a contract that accepts only its first rows."""
        before = last_judgement(self.store, self.layout, **place_of(receipt))
        assert before is not None
        key = rows_key(self.layout, receipt, before.revision)
        table = pq.read_table(self.store.local_path(key)).slice(0, keep)
        path = self.folder / f"{receipt.delivery_id}-{before.revision + 1}.parquet"
        write_parquet(table, path, self.registry.arrow_schema(receipt.feed))
        after = before.model_copy(
            update={
                "revision": before.revision + 1,
                "contract_version": "2.0.0",
                "rows_accepted": keep,
                "rows_refused": before.rows_read - keep,
                "accepted_sha256": sha256_of(path),
            }
        )
        self.store.put(rows_key(self.layout, receipt, after.revision), path)
        self.store.put(judgement_key(self.layout, receipt, after.revision), after.to_bytes())
        return after


SPEC = IndicatorSpec(
    id="o4-3",
    title="Change in capacities in relation to the implementation of the CRMF (CRC, PCAs, CRMS)",
    level="result",
    purpose="Shows whether capacities grew.",
    definition="How far Member States say that their capacities have been strengthened.",
    formula="MEAN = sum of scores / RESPONDENTS",
    unit="score 1-4",
    dimensions=("CRMF_ELEMENT",),
    measures=(
        "MEAN",
        "SHARE_3_4",
        "COUNT_1",
        "COUNT_2",
        "COUNT_3",
        "COUNT_4",
        "NO_REPLY",
        "RESPONDENTS",
    ),
    frequency="cycle",
    stock_flow="score",
    source_feeds=("survey_results",),
    audience="public",
    coverage_threshold=0.8,
    assumptions=(Assumption(since=date(2026, 10, 1), text="One question stands for all three elements."),),
    interpretation="Higher is better.",
    limits="Answers are the Member States' own view.",
    intervention="Result of objective 4.",
    racer=Racer(relevant="yes", accepted="yes", credible="yes", easy="yes", robust="partly"),
    version="1.0.0",
    validity=Validity(),
    successor=None,
    chart=Chart(kind="stacked", measures=("COUNT_1", "COUNT_2", "COUNT_3", "COUNT_4"), x="CRMF_ELEMENT"),
)


@dataclass
class FakeBuild:
    """Stands in for dbt: builds o4-3 and one mart from the accepted rows, and can be made to misbehave.

    Attributes:
        confidential: whether the cells are marked confidential.
        failing: names of data tests that fail.
        warning: names of data tests that warn.
        spec: the specification of o4-3.
        offset: what its formula adds to every number of answers.
    """

    confidential: bool = False
    failing: tuple[str, ...] = ()
    warning: tuple[str, ...] = ()
    spec: IndicatorSpec = SPEC
    offset: int = 0
    builds: int = 0

    def __call__(self, deliveries: Sequence[LocalDelivery], registry: Registry, scratch: Path) -> BuildResult:
        self.builds += 1
        scratch.mkdir(parents=True, exist_ok=True)
        path = scratch / "build.duckdb"
        with duckdb.connect(str(path)) as database:
            rows = _accepted(database, deliveries, registry)
            database.execute("CREATE SCHEMA indicators; CREATE SCHEMA marts")
            database.execute(f"CREATE TABLE marts.mart_survey AS SELECT cycle, item, category, respondents FROM {rows}")
            database.execute(f"CREATE TABLE indicators.o4_3 AS {self._o4_3(rows)}")
            tables = [
                BuiltTable(schema, name, tuple(table.columns), len(table))
                for schema, name in (("indicators", "o4_3"), ("marts", "mart_survey"))
                if (table := database.table(f"{schema}.{name}"))
            ]
        return BuildResult(
            database=path,
            indicators=tuple(tables[:1]),
            marts=tuple(tables[1:]),
            findings=(Finding("qc_survey_tables", "survey_results", CYCLE, "question s2-5-1-4", "25 <> 26", 26, 25),),
            tests=(
                _node("pass_grain", "test", "pass", depends_on=("o4_3",)),
                *(_node(name, "test", "fail", failures=3, message="Got 3 results") for name in self.failing),
                *(_node(name, "test", "warn", failures=2) for name in self.warning),
            ),
            models=(
                _node(
                    "stg_survey_results",
                    "model",
                    "success",
                    depends_on=("accepted.survey_results",),
                    sql='SELECT * FROM "build"."accepted"."survey_results"',
                ),
                _node(
                    "o4_3",
                    "model",
                    "success",
                    depends_on=("accepted.deliveries", "stg_survey_results"),
                    sql=self._o4_3('"build"."staging"."stg_survey_results"'),
                ),
                _node("mart_survey", "model", "success", depends_on=("stg_survey_results",)),
            ),
            skipped=(),
            seconds={},
        )

    def _o4_3(self, rows: str) -> str:
        return f"""
            WITH counted AS (
                SELECT cycle, category, respondents, respondents_total FROM {rows} WHERE question_id = 'o4-3'
            ), cells AS (
                SELECT cycle, respondents_total,
                    CASE category WHEN 'NO_REPLY' THEN category ELSE 'COUNT_' || category END AS measure,
                    'PURE_NUMB' AS unit, CAST(respondents + {self.offset} AS DOUBLE) AS value
                FROM counted
                UNION ALL
                SELECT cycle, max(respondents_total) AS respondents_total, 'MEAN' AS measure, 'SCORE' AS unit,
                    CAST(sum(TRY_CAST(category AS INTEGER) * respondents) AS DOUBLE)
                    / nullif(sum(respondents) FILTER (category <> 'NO_REPLY'), 0) AS value
                FROM counted GROUP BY cycle
            )
            SELECT 'o4-3' AS INDICATOR, 'A3' AS FREQ, 'EU27_2020' AS REF_AREA, cycle AS TIME_PERIOD,
                '_T' AS CRMF_ELEMENT, measure AS MEASURE, unit AS UNIT_MEASURE, value AS OBS_VALUE,
                'D' AS OBS_STATUS, '{"C" if self.confidential else "F"}' AS CONF_STATUS,
                CAST(respondents_total AS BIGINT) AS N_SENDERS, CAST(27 AS BIGINT) AS N_EXPECTED
            FROM cells"""


def _accepted(database: duckdb.DuckDBPyConnection, deliveries: Sequence[LocalDelivery], registry: Registry) -> str:
    paths = [str(item.path) for item in deliveries if item.feed == "survey_results"]
    if paths:
        database.execute("CREATE TEMP TABLE rows AS SELECT * FROM read_parquet($paths)", {"paths": paths})
    else:
        database.register("nothing", registry.arrow_schema("survey_results").empty_table())
        database.execute("CREATE TEMP TABLE rows AS SELECT * FROM nothing")
    return "rows"


def _node(
    name: str,
    kind: str,
    status: str,
    *,
    failures: int = 0,
    message: str = "",
    depends_on: tuple[str, ...] = (),
    sql: str = "",
) -> NodeResult:
    return NodeResult(
        name=name,
        kind=kind,  # type: ignore[arg-type]
        status=status,  # type: ignore[arg-type]
        schema="",
        failures=failures,
        message=message,
        seconds=0.0,
        description=f"What {name} is.",
        depends_on=depends_on,
        sql=sql,
    )
