"""The DAG of a feed, made from its contract."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import DAG, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from customs_monitor.airflow.assets import accepted_rows
from customs_monitor.airflow.schedule import unless_on_demand
from customs_monitor.contracts import Contract

#: When to look for deliveries, by cadence. Senders may deliver at any time, so even a rare feed is looked for daily.
_SCHEDULES = {"daily": "0 * * * *", "weekly": "0 */6 * * *"}
_DAILY = "0 5 * * *"

#: Feeds go before the build that rests on them, so that one build sees all that has arrived together.
FEED_PRIORITY = 10


def feed_dag(contract: Contract) -> DAG:
    """Return the DAG that lands and judges the deliveries of one feed.

    Both tasks handle all waiting deliveries at once. A run that found nothing new is skipped, not green.
    """

    @dag(
        dag_id=f"feed_{contract.id}",
        dag_display_name=contract.name,
        description=f"Land and judge the deliveries of {contract.sourceSystem}",
        doc_md=_documentation(contract),
        schedule=unless_on_demand(_SCHEDULES.get(contract.cadence, _DAILY)),
        start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow reads it in its own time zone
        catchup=False,
        max_active_runs=1,
        tags=["feed", contract.domain, *contract.tags],
        default_args={
            "owner": contract.owner,
            "retries": 2,
            "retry_delay": timedelta(seconds=10),
            "retry_exponential_backoff": True,
            "priority_weight": FEED_PRIORITY,
            "weight_rule": "absolute",
        },
    )
    def feed() -> None:
        @task(doc_md="Store the bytes of new files as received, with a receipt, before anything parses them.")
        def land() -> dict[str, object]:
            from customs_monitor.airflow.steps import land_feed

            return land_feed(contract.id, get_current_context()["run_id"])

        @task(
            outlets=[accepted_rows(contract)],
            doc_md="Judge every landed delivery that has no verdict yet; accepted rows become Parquet. "
            "The log has a line per delivery; the return value has the counts.",
        )
        def judge() -> dict[str, object]:
            from customs_monitor.airflow.steps import DeliveriesLost, judge_feed

            try:
                summary = judge_feed(contract.id, get_current_context()["run_id"])
            except DeliveriesLost as error:
                # No retry brings them back.
                raise AirflowFailException(str(error)) from error
            if summary is None:
                raise AirflowSkipException("nothing new: every delivery of this feed has its verdict already")
            return summary

        land() >> judge()

    return feed()


def _documentation(contract: Contract) -> str:
    lines = [
        f"# {contract.name}",
        contract.description.purpose,
        *(text for text in (contract.description.usage, contract.description.limitations) if text),
        "",
        "| | |",
        "| --- | --- |",
        f"| source system | {contract.sourceSystem} |",
        f"| owner | {contract.owner} |",
        f"| legal basis | {contract.legalBasis} |",
        f"| licence | {contract.licence} |",
        f"| cadence | {contract.cadence} |",
        f"| on an error | {contract.onError.replace('_', ' ')} |",
        f"| contract | expectations/feeds/{contract.id}.yml, version {contract.version} |",
    ]
    return "\n".join(lines)
