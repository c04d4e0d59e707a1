"""`make run`: the main job under a real Airflow, started for it and stopped after it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from types import FrameType

from customs_monitor.airflow.api import AirflowApi, AirflowRefused, AirflowUnreachable, DagRun
from customs_monitor.airflow.server import EmbeddedAirflow, EmbeddedAirflowError
from customs_monitor.collection.closing import Closing, last_closings
from customs_monitor.collection.closing_text import closing_lines
from customs_monitor.collection.collect import largest_first
from customs_monitor.collection.in_force import without_contract
from customs_monitor.collection.inbox import Found, Inbox, InboxError, look_through
from customs_monitor.collection.records import JudgingOutcome
from customs_monitor.collection.summary import (
    ACCEPTED_TOLD,
    delivery_lines,
    fault_lines,
    feed_totals,
    read_outcomes,
    unclaimed_lines,
    without_contract_lines,
)
from customs_monitor.console import RunConsole
from customs_monitor.contracts import DocumentError, Project, ProjectNotFound, Registry
from customs_monitor.exit_codes import CALL_AT_FAULT, PLATFORM_AT_FAULT
from customs_monitor.release.summary import published_lines
from customs_monitor.scratch import working_folder
from customs_monitor.settings import INBOX_VARIABLE, STORE_VARIABLE, store_url
from customs_storage import InvalidLocation, ObjectStore, StoreError, open_store
from customs_storage.layout import Layout
from customs_storage.pointer import read_latest

#: Seconds between two looks at Airflow.
_POLL = 1.0
#: Seconds after which a run that does not end is given up.
_RUN_TIMEOUT = 3600.0
_DAG_TIMEOUT = 120.0
_FEEDS = "feed_"
_CLOCK = "collections_clock"
_INDICATORS = "indicators"


class RunFailed(RuntimeError):
    """A DAG run failed; the message names the tasks and where their logs are."""


#: What the platform itself reports, in words that stand alone.
_FAULTS = (
    RunFailed,
    EmbeddedAirflowError,
    AirflowUnreachable,
    AirflowRefused,
    StoreError,
    DocumentError,
    ProjectNotFound,
)


def run(
    project: Project,
    registry: Registry,
    store_address: str,
    inboxes: list[Inbox],
    console: RunConsole,
    database_url: str | None = None,
) -> None:
    """Run every feed's DAG and the indicators' under an embedded Airflow, and print the summary.

    Args:
        project: whose DAGs.
        registry: its contracts.
        store_address: URL of the store.
        inboxes: what the feeds read.
        console: where progress and summary go.
        database_url: SQLAlchemy URL of Airflow's metadata database; a fresh SQLite file by default.

    Raises:
        RunFailed: if a DAG run failed.
        EmbeddedAirflowError: if Airflow did not start or died.
    """
    started_at = datetime.now(UTC)
    run_id = f"run-{started_at:%Y%m%dT%H%M%SZ}"
    store, layout = open_store(store_address), Layout.load()
    before = read_latest(store)
    with working_folder() as scratch:
        found = look_through(inboxes, registry, scratch)
        order = largest_first(registry, found)
    files = sum(len(claimed) for claimed in found.claimed.values())
    console.say(f"{files} files in {len(inboxes)} inboxes for {len(found.claimed)} feeds; starting Airflow ...")
    environment = {
        STORE_VARIABLE: store_address,
        INBOX_VARIABLE: ",".join(inbox.url for inbox in inboxes),
    }
    stages: dict[str, float] = {}
    with EmbeddedAirflow(project, environment, database_url) as airflow:
        feeds = [f"{_FEEDS}{feed}" for feed in order]
        _wait_for_dags(airflow, {*feeds, _CLOCK, _INDICATORS})
        stages["start"] = console.seconds
        console.say(f"Airflow is up at {airflow.api.url}; {len(feeds)} feeds to collect")
        for dag_id in feeds:
            airflow.api.trigger(dag_id, run_id)
        airflow.api.unpause(_FEEDS)
        watch = _Watch(airflow, console)
        _collect(watch, airflow.api, store, layout, run_id)
        stages["collect"] = console.seconds - sum(stages.values())
        _close(watch, airflow.api, run_id)
        for line in closing_lines(_closed_since(started_at, store, layout, registry)):
            console.say(line)
        stages["close"] = console.seconds - sum(stages.values())
        _release(watch, airflow.api, run_id)
        stages["release"] = console.seconds - sum(stages.values())
        failures = [*_failures(airflow.api), *_lost(store, layout, run_id)]
    stages["stop"] = console.seconds - sum(stages.values())
    _summarise(store, layout, registry, run_id, found, console)
    if not failures and read_latest(store) == before:
        console.line("Nothing new: the release in force rests on the same deliveries, closings and code.")
    for line in published_lines(store, layout, registry):
        console.line(line)
    console.stages(stages)
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


class _Watch:
    """What has been told of a run so far, and how long it may still take."""

    def __init__(self, airflow: EmbeddedAirflow, console: RunConsole) -> None:
        self._airflow = airflow
        self._console = console
        self._deadline = time.monotonic() + _RUN_TIMEOUT
        self._told: set[str] = set()

    def verdicts(self, outcomes: Sequence[JudgingOutcome]) -> None:
        """Tell the verdict on each delivery once, and each attempt that failed."""
        for outcome in outcomes:
            attempt = f"{outcome.feed} {outcome.started_at}"
            if attempt in self._told:
                continue
            self._told.add(attempt)
            for line in delivery_lines(outcome, ACCEPTED_TOLD):
                self._console.say(f"{outcome.feed}: {line}")
            if outcome.error is not None:
                self._console.say(f"{outcome.feed}: an attempt FAILED: {outcome.error}")

    def builds(self, runs: Sequence[DagRun]) -> None:
        """Tell of each build once."""
        for run in runs:
            if run.state == "running" and run.run_id not in self._told:
                again = any(other.finished for other in runs)
                self._told.add(run.run_id)
                self._console.say("looking for what came after that ..." if again else "building the indicators ...")

    def at_work(self, runs: Sequence[DagRun]) -> None:
        """Tell which DAGs are at work, where there was no news for a while."""
        running = [run.dag_id.removeprefix(_FEEDS) for run in runs if run.state == "running"]
        if running:
            self._console.doing(", ".join(running))
            self._console.tell_if_quiet()

    def pause(self) -> None:
        """Wait a moment; raise EmbeddedAirflowError if Airflow has died or the time is up."""
        self._airflow.check()
        if time.monotonic() > self._deadline:
            raise EmbeddedAirflowError(
                f"the runs have not ended after {_RUN_TIMEOUT:.0f} s; see {self._airflow.home}/logs"
            )
        time.sleep(_POLL)


def _collect(watch: _Watch, api: AirflowApi, store: ObjectStore, layout: Layout, run_id: str) -> None:
    """Wait until every feed's run has ended, and report each delivery as its verdict comes."""
    while True:
        # The state first: what a run that has ended left behind is then sure to be read.
        runs = [run for run in api.runs() if run.dag_id.startswith(_FEEDS)]
        done = all(run.finished for run in runs)
        watch.at_work(runs)
        watch.verdicts(read_outcomes(store, layout, run_id)[1])
        if done:
            return
        watch.pause()


def _close(watch: _Watch, api: AirflowApi, run_id: str) -> None:
    """Let the completeness clock tick once, after every verdict: who has sent in this run is not named missing."""
    api.trigger(_CLOCK, run_id)
    api.unpause(_CLOCK)
    while True:
        runs = api.runs(_CLOCK)
        watch.at_work(runs)
        if runs and all(run.finished for run in runs):
            return
        watch.pause()


def _closed_since(moment: datetime, store: ObjectStore, layout: Layout, registry: Registry) -> Iterator[Closing]:
    for feed in registry.collections:
        yield from (item for item in last_closings(store, layout, feed).values() if item.at >= moment)


def _release(watch: _Watch, api: AirflowApi, run_id: str) -> None:
    """Wait until the indicators' runs have ended and no asset event waits.

    A DAG that is paused is not told of assets, so the one build after all verdicts and closings is asked for. Where
    nothing is new it says so; an earlier one may have been killed, or the code may have changed.
    """
    api.trigger(_INDICATORS, run_id)
    api.unpause(_INDICATORS)
    while True:
        runs = api.runs(_INDICATORS)
        watch.builds(runs)
        watch.at_work(runs)
        if runs and all(run.finished for run in runs) and not api.queued_asset_events(_INDICATORS):
            return
        watch.pause()


def _failures(api: AirflowApi) -> list[str]:
    def described(item: DagRun) -> str:
        return f"{item.dag_id} failed in {', '.join(api.failed_tasks(item)) or 'no task'}"

    return [described(item) for item in api.runs() if item.state == "failed"]


def _lost(store: ObjectStore, layout: Layout, run_id: str) -> list[str]:
    """Return a line per delivery that the store has lost; a feed that had others to judge has not failed by it."""
    faults = {item for outcome in read_outcomes(store, layout, run_id)[1] for item in outcome.faults}
    return sorted(fault_lines(faults))


def _summarise(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    run_id: str,
    found: Found,
    console: RunConsole,
) -> None:
    landings, judgings = read_outcomes(store, layout, run_id)
    console.feeds(feed_totals(registry.feeds, landings, judgings))
    console.unclaimed(list(unclaimed_lines(found)))
    console.line()
    for line in without_contract_lines(without_contract(store, layout, registry)):
        console.line(line)


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
    signal.signal(signal.SIGHUP, _interrupted)
    console = RunConsole()
    try:
        project = Project.locate()
        registry = Registry.load(project)
        inboxes = [Inbox.open(url) for url in [str(project.samples), *arguments.inbox]]
        run(project, registry, store_url(arguments.store), inboxes, console)
    except (InboxError, InvalidLocation) as error:
        sys.stderr.write(f"{error}\n")
        return CALL_AT_FAULT
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted; what was judged stays, and the next run goes on from there.\n")
        return 128 + signal.SIGINT
    except Exception as error:
        if os.environ.get("CUSTOMS_MONITOR_TRACE"):
            raise
        told = str(error) if isinstance(error, _FAULTS) else f"{type(error).__name__}: {error}"
        sys.stderr.write(f"\nThe run failed: {told}\n")
        return PLATFORM_AT_FAULT
    return 0


if __name__ == "__main__":
    sys.exit(main())
