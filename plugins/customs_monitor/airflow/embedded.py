"""`make run`: the main job under a real Airflow, started for it and stopped after it."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from customs_monitor.airflow.api import AirflowApi, DagRun
from customs_monitor.airflow.server import EmbeddedAirflow, EmbeddedAirflowError
from customs_monitor.collection.inbox import Found, Inbox, InboxError, look_through
from customs_monitor.collection.summary import delivery_lines, feed_totals, read_outcomes, unclaimed_lines
from customs_monitor.console import RunConsole
from customs_monitor.contracts import DocumentError, Project, ProjectNotFound, Registry
from customs_monitor.release.summary import published_lines
from customs_monitor.settings import INBOX_VARIABLE, STORE_VARIABLE, store_url
from customs_storage import ObjectStore, StoreError, open_store
from customs_storage.layout import Layout

#: Seconds between two looks at Airflow.
_POLL = 1.0
#: Seconds after which a run that does not end is given up.
_RUN_TIMEOUT = 3600.0
_DAG_TIMEOUT = 120.0
_INDICATORS = "indicators"


class RunFailed(RuntimeError):
    """A DAG run failed; the message names the tasks and where their logs are."""


def run(project: Project, registry: Registry, store_address: str, inboxes: list[Inbox], console: RunConsole) -> None:
    """Run every feed's DAG and the indicators' under an embedded Airflow, and print the summary.

    Args:
        project: whose DAGs.
        registry: its contracts.
        store_address: URL of the store.
        inboxes: what the feeds read.
        console: where progress and summary go.

    Raises:
        RunFailed: if a DAG run failed.
        EmbeddedAirflowError: if Airflow did not start or died.
    """
    run_id = f"run-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    store, layout = open_store(store_address), Layout.load()
    with tempfile.TemporaryDirectory() as scratch:
        found = look_through(inboxes, registry, Path(scratch))
    files = sum(len(claimed) for claimed in found.claimed.values())
    console.say(f"{files} files in {len(inboxes)} inboxes for {len(found.claimed)} feeds; starting Airflow ...")
    environment = {
        STORE_VARIABLE: store_address,
        INBOX_VARIABLE: ",".join(inbox.url for inbox in inboxes),
    }
    stages: dict[str, float] = {}
    with EmbeddedAirflow(project, environment) as airflow:
        feeds = [f"feed_{feed}" for feed in registry.feeds]
        _wait_for_dags(airflow, {*feeds, _INDICATORS})
        stages["start"] = console.seconds
        console.say(f"Airflow is up at {airflow.api.url}; {len(feeds)} feeds to collect")
        for dag_id in feeds:
            airflow.api.trigger(dag_id, run_id)
        _follow(airflow, store, layout, run_id, console, stages)
        failures = _failures(airflow.api)
    stages["stop"] = console.seconds - sum(stages.values())
    _summarise(store, layout, registry, run_id, found, stages, console)
    if failures:
        raise RunFailed("\n".join([*failures, f"logs: {airflow.home / 'logs'}"]))


def _wait_for_dags(airflow: EmbeddedAirflow, expected: set[str]) -> None:
    """Wait until Airflow has read every DAG; a missing one must not pass for a feed with nothing to do."""
    deadline = time.monotonic() + _DAG_TIMEOUT
    missing = expected
    while time.monotonic() < deadline:
        airflow.check()
        if errors := airflow.api.import_errors():
            raise EmbeddedAirflowError("DAG files cannot be read:\n" + "\n".join(errors))
        missing = expected - airflow.api.dag_ids()
        if not missing:
            return
        time.sleep(_POLL / 2)
    raise EmbeddedAirflowError(f"Airflow has not read the DAGs {', '.join(sorted(missing))}; see {airflow.home}")


def _follow(
    airflow: EmbeddedAirflow,
    store: ObjectStore,
    layout: Layout,
    run_id: str,
    console: RunConsole,
    stages: dict[str, float],
) -> None:
    """Report each delivery as its verdict comes, until all runs have ended and no asset event waits."""
    deadline = time.monotonic() + _RUN_TIMEOUT
    told: set[str] = set()
    running: set[str] = set()
    building = False
    while time.monotonic() < deadline:
        airflow.check()
        for outcome in read_outcomes(store, layout, run_id)[1]:
            if outcome.feed not in told:
                told.add(outcome.feed)
                for line in delivery_lines(outcome):
                    console.say(f"{outcome.feed}: {line}")
        runs = airflow.api.runs()
        collecting = [item for item in runs if item.dag_id != _INDICATORS and not item.finished]
        for item in runs:
            if item.dag_id == _INDICATORS and item.state == "running" and item.run_id not in running:
                running.add(item.run_id)
                again = len(running) > 1
                console.say("building again: more has arrived ..." if again else "building the indicators ...")
        if not collecting and not building:
            building = True
            stages["collect"] = console.seconds - sum(stages.values())
        if not collecting and all(item.finished for item in runs) and not airflow.api.queued_asset_events(_INDICATORS):
            break
        time.sleep(_POLL)
    else:
        raise EmbeddedAirflowError(f"the runs have not ended after {_RUN_TIMEOUT:.0f} s; see {airflow.home}/logs")
    stages["release"] = console.seconds - sum(stages.values())


def _failures(api: AirflowApi) -> list[str]:
    def described(item: DagRun) -> str:
        return f"{item.dag_id} failed in {', '.join(api.failed_tasks(item)) or 'no task'}"

    return [described(item) for item in api.runs() if item.state == "failed"]


def _summarise(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    run_id: str,
    found: Found,
    stages: Mapping[str, float],
    console: RunConsole,
) -> None:
    landings, judgings = read_outcomes(store, layout, run_id)
    console.feeds(feed_totals(registry.feeds, landings, judgings))
    console.unclaimed(list(unclaimed_lines(found)))
    console.line()
    for line in published_lines(store, layout, registry):
        console.line(line)
    console.stages(stages)


def _interrupted(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main() -> int:
    """Run the main job; exit code 0 ok, 2 the call is at fault, 3 the platform is."""
    parser = argparse.ArgumentParser(prog="make run", description=run.__doc__)
    parser.add_argument("--inbox", action="append", default=[], help="a folder or s3:// prefix, besides the samples")
    parser.add_argument("--store", help="URL of the store; CUSTOMS_MONITOR_STORE or ./data by default")
    arguments = parser.parse_args()
    # As an exception, so that the embedded Airflow is stopped on the way out.
    signal.signal(signal.SIGTERM, _interrupted)
    console = RunConsole()
    try:
        project = Project.locate()
        registry = Registry.load(project)
        inboxes = [Inbox.open(url) for url in [str(project.samples), *arguments.inbox]]
    except (DocumentError, InboxError, ProjectNotFound) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    try:
        run(project, registry, store_url(arguments.store), inboxes, console)
    except (RunFailed, EmbeddedAirflowError, StoreError) as error:
        sys.stderr.write(f"\nThe run failed: {error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
