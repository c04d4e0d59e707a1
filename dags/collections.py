"""The Airflow DAGs of the collections' calendar: closing what is complete or due, and reminding who is late."""

from datetime import datetime, timedelta

from airflow.sdk import dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from customs_monitor.airflow.assets import CLOSINGS, closed
from customs_monitor.airflow.schedule import unless_on_demand
from customs_monitor.contracts import Registry

_EVERY_RUN = {
    "start_date": datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow reads it in its own time zone
    "catchup": False,
    "max_active_runs": 1,
    "tags": ["collections"],
    "default_args": {"owner": "TAXUD", "retries": 2, "retry_delay": timedelta(seconds=10)},
}


@dag(
    description="Close each collection and period once: when complete, or at the deadline with the missing named",
    schedule=unless_on_demand("*/15 * * * *"),
    **_EVERY_RUN,
)
def collections_clock() -> None:
    """The completeness clock.

    By the calendar, not by arrival. A closing is created once in the store whatever else ticks, and a late arrival or
    a withdrawal after it is a numbered revision. Each updates the asset of its collection, which the indicators listen
    to. A run that closed nothing is skipped, not green.
    """

    @task(outlets=[CLOSINGS])
    def tick() -> list[dict[str, object]]:
        """Look at every collection and period whose window has opened."""
        from customs_monitor.airflow.steps import close_collections

        made = close_collections()
        if not made:
            raise AirflowSkipException("nothing to close: no collection became complete, due or other than it was")
        events = get_current_context()["outlet_events"][CLOSINGS]
        feeds = Registry.load().feeds
        for closing in made:
            events.add(closed(feeds[str(closing["feed"])]), extra=closing)
        return made

    tick()


collections_clock()


@dag(
    description="Remind by e-mail who has not delivered: 14 and 3 days before the deadline, on it, and weekly after it",
    schedule=unless_on_demand("0 5-17 * * *"),
    **_EVERY_RUN,
)
def collections_reminders() -> None:
    """Reminders, each sent once; after three overdue weeks the collection's managers are told instead.

    Hourly by day, so that what a mail server did not take is tried again. A run that had nothing to send is skipped.
    """

    @task
    def remind() -> list[dict[str, object]]:
        """Send what is due and was not sent; fail if the mail server did not take a message."""
        from customs_monitor.airflow.steps import remind_senders

        sent = remind_senders()
        if not sent:
            raise AirflowSkipException("nothing to send: nobody is due a reminder that was not sent, or see the log")
        return sent

    remind()


collections_reminders()
