"""What the tasks of the DAGs do: the same functions as `customs-monitor run`, with what they say in the task's log.

Everything heavy is imported inside, so that reading a DAG file stays cheap.
"""

from __future__ import annotations

import logging

from customs_monitor.contracts import Registry
from customs_monitor.scratch import remove_abandoned as remove_abandoned_folders
from customs_monitor.scratch import working_folder
from customs_monitor.settings import inbox_urls, store
from customs_storage.layout import Layout

log = logging.getLogger("customs_monitor")


class DeliveriesLost(RuntimeError):
    """The store has lost what it had received, and nothing else was there to judge."""


def land_feed(feed: str, run_id: str) -> dict[str, object]:
    """Land the new files of a feed; return how many were seen and which were new."""
    from customs_monitor.collection.inbox import Inbox, look_through
    from customs_monitor.collection.landing import land_files
    from customs_monitor.collection.summary import changing_lines

    registry = Registry.load()
    with working_folder() as scratch:
        found = look_through([Inbox.open(url) for url in inbox_urls()], registry, scratch, only=feed)
        outcome = land_files(store(), Layout.load(), registry, feed, found.claimed.get(feed, []), run_id)
    log.info("%d files in the inboxes, %d new", outcome.seen, len(outcome.landed))
    for line in changing_lines(outcome):
        log.warning(line)
    return outcome.model_dump(mode="json")


def judge_feed(feed: str, run_id: str) -> dict[str, object] | None:
    """Judge the waiting deliveries of a feed; the log gets a line per delivery.

    Returns:
        The outcome, with the deliveries that earlier attempts of the same run had committed before they failed; None
        if no attempt had anything to judge.

    Raises:
        DeliveriesLost: if all that waited has been lost by the store. Where others were judged the task succeeds, so
            that these are published; the log and the outcome name the lost ones, and the next run fails by them.
    """
    from customs_monitor.collection.judging import judge_waiting
    from customs_monitor.collection.progress import Progress
    from customs_monitor.collection.summary import delivery_lines, fault_lines, read_outcomes

    target, layout = store(), Layout.load()
    with working_folder() as scratch:
        outcome = judge_waiting(
            target, layout, Registry.load(), feed, run_id, scratch, Progress(tell=log.info, doing=log.info)
        )
    for line in delivery_lines(outcome):
        log.info(line)
    lost = list(fault_lines(outcome.faults))
    for line in lost:
        log.error(line)
    attempts = [attempt for attempt in read_outcomes(target, layout, run_id)[1] if attempt.feed == feed]
    deliveries = tuple(delivery for attempt in attempts for delivery in attempt.deliveries)
    if lost and not deliveries:
        raise DeliveriesLost("\n".join(lost))
    return outcome.model_copy(update={"deliveries": deliveries}).model_dump(mode="json") if deliveries else None


def close_collections() -> list[dict[str, object]]:
    """Close what is complete or due; return what each closing says, without the senders that are there."""
    from customs_monitor.collection.closing import tick
    from customs_monitor.collection.closing_text import closing_lines

    made = tick(store(), Layout.load(), Registry.load())
    for line in closing_lines(made):
        log.info(line)
    return [closing.model_dump(mode="json", exclude={"sent", "expected", "seen"}) for closing in made]


def remind_senders() -> list[dict[str, object]]:
    """Send the reminders that are due; return those that were sent.

    Raises:
        RuntimeError: if the mail server did not take one; the next run tries again.
    """
    from customs_monitor.collection.reminders import reminder_lines
    from customs_monitor.portal.reminding import remind_accounts

    made = remind_accounts(store(), Layout.load(), Registry.load())
    for line in reminder_lines(made):
        log.info(line)
    if failed := list(reminder_lines([item for item in made if item.state == "failed"])):
        raise RuntimeError("\n".join(["some reminders were not sent; the next run tries again:", *failed]))
    if unsent := [item for item in made if item.state == "no mail server"]:
        log.warning(
            "%d reminders are due, and no mail server is configured: set CUSTOMS_MONITOR_SMTP_HOST", len(unsent)
        )
    return [item.model_dump(mode="json") for item in made if item.state == "sent"]


def build_candidate(run_id: str) -> dict[str, object] | None:
    """Build all models and write the candidate release; None if there is nothing new."""
    from customs_monitor.release.candidate import prepare

    with working_folder() as scratch:
        candidate = prepare(store(), Layout.load(), Registry.load(), run_id, scratch)
    if candidate is None:
        return None
    log.info(
        "candidate %s: %d files, %d indicators from %d deliveries",
        candidate.release_id,
        candidate.files,
        candidate.indicators,
        candidate.deliveries,
    )
    return candidate.model_dump(mode="json")


def gate_candidate(candidate: dict[str, object]) -> dict[str, object]:
    """Check the candidate; return it with the report, for the task that publishes."""
    from customs_monitor.release.gate import gate
    from customs_monitor.release.records import Candidate

    with working_folder() as scratch:
        report = gate(store(), Layout.load(), Registry.load(), Candidate.model_validate(candidate), scratch)
    for verdict in report.verdicts:
        log.info("%s: %s; %s", verdict.check, verdict.verdict, verdict.detail)
    return {"candidate": candidate, "report": report.model_dump(mode="json")}


def publish_candidate(gated: dict[str, object]) -> dict[str, object]:
    """Swap the release in force to the candidate that has passed the gate."""
    from customs_monitor.release.publishing import publish
    from customs_monitor.release.records import Candidate, GateReport

    release = publish(
        store(),
        Layout.load(),
        Candidate.model_validate(gated["candidate"]),
        GateReport.model_validate(gated["report"]),
    )
    log.info("release %s is in force", release.release_id)
    return release.model_dump(mode="json")


def verify_latest() -> dict[str, object]:
    """Hash the release in force again; fail with what differs from its manifest."""
    from customs_monitor.release.verifying import verify

    verification = verify(store(), Layout.load())
    if verification.problems:
        raise RuntimeError("the release in force is not intact:\n" + "\n".join(verification.problems))
    return verification.model_dump(mode="json")


def remove_abandoned() -> dict[str, object]:
    """Delete candidates that were never published and are older than a week, and working files of killed processes."""
    from datetime import timedelta

    from customs_monitor.release.housekeeping import remove_abandoned as remove

    removed = remove(store(), Layout.load(), timedelta(days=7))
    for release_id in removed:
        log.info("removed the abandoned candidate %s", release_id)
    for folder in (abandoned := remove_abandoned_folders()):
        log.info("removed the working folder %s, whose process was killed", folder)
    return {"removed": list(removed), "folders": [str(folder) for folder in abandoned]}


def list_unclaimed() -> dict[str, object]:
    """Name the files of the inboxes that no contract claims, with the reason."""
    from customs_monitor.collection.inbox import Inbox, look_through
    from customs_monitor.collection.summary import unclaimed_lines

    with working_folder() as scratch:
        found = look_through([Inbox.open(url) for url in inbox_urls()], Registry.load(), scratch)
    lines = list(unclaimed_lines(found))
    for line in lines:
        log.warning(line)
    return {"unclaimed": lines}
