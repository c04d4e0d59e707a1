"""The Airflow DAG that builds, gates and publishes the indicators when a feed has new rows or a collection closed."""

from datetime import datetime, timedelta

from airflow.sdk import dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from customs_monitor.airflow.assets import LATEST_RELEASE, accepted_rows, closed
from customs_monitor.airflow.schedule import any_of_or_daily, build_slots
from customs_monitor.contracts import Registry

_REGISTRY = Registry.load()


@dag(
    description="Build, gate and publish the indicators from the accepted rows of all feeds",
    schedule=any_of_or_daily(
        [
            *(accepted_rows(contract) for contract in _REGISTRY.feeds.values()),
            *(closed(contract) for contract in _REGISTRY.collections.values()),
        ],
        "30 6 * * *",
    ),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow reads it in its own time zone
    catchup=False,
    max_active_runs=1,
    tags=["release"],
    default_args={
        "owner": "TAXUD",
        "retries": 1,
        "retry_delay": timedelta(seconds=10),
        "priority_weight": 1,
        "weight_rule": "absolute",
    },
)
def indicators() -> None:
    """Build, gate and publish the indicators.

    Runs when any feed has new accepted rows or a collection closed, and daily, one run at a time; skipped where the
    release in force rests on the same deliveries, closings and code. Everything is written under a new release id;
    readers see it when the last task has swapped `published/latest.json`.
    """

    @task(pool_slots=build_slots())
    def build() -> dict[str, object]:
        """Build all models in one private DuckDB and write the candidate release."""
        from customs_monitor.airflow.steps import build_candidate

        candidate = build_candidate(get_current_context()["run_id"])
        if candidate is None:
            raise AirflowSkipException(
                "nothing new: the release in force rests on the same deliveries, closings and code"
            )
        return candidate

    @task
    def gate(candidate: dict[str, object]) -> dict[str, object]:
        """Read the candidate back and check it: data tests, parity of formats, disclosure, coverage."""
        from customs_monitor.airflow.steps import gate_candidate

        return gate_candidate(candidate)

    @task(outlets=[LATEST_RELEASE])
    def publish(gated: dict[str, object]) -> dict[str, object]:
        """Swap `published/latest.json` to the candidate by compare-and-set."""
        from customs_monitor.airflow.steps import publish_candidate

        return publish_candidate(gated)

    publish(gate(build()))


indicators()
