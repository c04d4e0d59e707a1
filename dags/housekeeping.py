"""The Airflow DAG that keeps the store in order and tells what no feed has picked up."""

from datetime import datetime, timedelta

from airflow.sdk import dag, task

from customs_monitor.airflow.schedule import unless_on_demand


@dag(
    description="Verify the release in force, remove abandoned candidates, name the files no contract claims",
    schedule=unless_on_demand("30 4 * * *"),
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow reads it in its own time zone
    catchup=False,
    max_active_runs=1,
    tags=["operations"],
    default_args={"owner": "TAXUD", "retries": 1, "retry_delay": timedelta(minutes=5)},
)
def housekeeping() -> None:
    """Daily checks of the store; a failed task is a finding."""

    @task
    def verify_latest_release() -> dict[str, object]:
        """Hash every file of the release in force again and compare with its manifest."""
        from customs_monitor.airflow.steps import verify_latest

        return verify_latest()

    @task
    def remove_abandoned_candidates() -> dict[str, object]:
        """Delete releases that were never published and are older than a week, and working files of killed runs."""
        from customs_monitor.airflow.steps import remove_abandoned

        return remove_abandoned()

    @task
    def list_unclaimed_files() -> dict[str, object]:
        """Name the files of the inboxes that no contract claims, with the reason."""
        from customs_monitor.airflow.steps import list_unclaimed

        return list_unclaimed()

    verify_latest_release()
    remove_abandoned_candidates()
    list_unclaimed_files()


housekeeping()
