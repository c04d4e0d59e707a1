"""`customs-monitor`: the command line.

Exit codes: 0 ok or accepted with warnings, 1 the data is at fault, 2 the call is at fault, 3 the platform is. A refused
delivery in `run` is a verdict, not a failed run. Everything heavy is imported by the command that needs it.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from customs_monitor import cli_collections, cli_portal, cli_published, cli_questions
from customs_monitor.cli_conventions import (
    JsonOption,
    StoreOption,
    fail,
    load_registry,
    platform_faults,
    print_json,
)
from customs_monitor.client import command as send_command
from customs_monitor.console import standard_console
from customs_monitor.contracts import Project
from customs_monitor.exit_codes import CALL_AT_FAULT, DATA_AT_FAULT, PLATFORM_AT_FAULT
from customs_monitor.scratch import working_folder
from customs_monitor.settings import inbox_urls, store_url
from customs_storage import open_store
from customs_storage.layout import Layout

app = typer.Typer(
    name="customs-monitor",
    help="Integrates EU customs data and publishes the monitoring indicators of customs risk management.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
new = typer.Typer(help="Scaffold a feed or an indicator: it passes lint and fails tests until it is filled in.")
app.add_typer(new, name="new")
app.add_typer(cli_published.app)
app.add_typer(cli_portal.app)
app.add_typer(cli_questions.app)
app.add_typer(send_command.app)
app.add_typer(cli_collections.app)


class ReportFormat(StrEnum):
    """How `check` reports."""

    text = "text"
    json = "json"
    ess = "ess"
    html = "html"


@app.command()
def feeds(as_json: JsonOption = False) -> None:
    """List the feeds: what they are, who delivers them and how often."""
    registry = load_registry()
    if as_json:
        print_json(
            [
                {
                    **contract.model_dump(
                        mode="json",
                        include={
                            "id", "name", "version", "status", "domain", "owner", "cadence", "supersession", "onError",
                        },
                    ),
                    "sourceSystem": contract.sourceSystem,
                    "senders": contract.senders.model_dump(mode="json", exclude_defaults=True),
                    "key": list(contract.schema_.key),
                    "columns": [item.name for item in contract.schema_.properties],
                    "layouts": [layout.id for layout in contract.layouts],
                    "rules": [rule.id for rule in contract.schema_.quality],
                }
                for contract in registry.feeds.values()
            ]
        )  # fmt: skip
        return
    table = Table(box=None, pad_edge=False)
    for name in ("feed", "name", "source system", "cadence", "senders", "layouts"):
        table.add_column(name)
    for contract in registry.feeds.values():
        table.add_row(
            contract.id,
            contract.name,
            contract.sourceSystem,
            contract.cadence,
            contract.senders.codelist or ", ".join(contract.senders.codes),
            ", ".join(layout.id for layout in contract.layouts),
        )
    standard_console().print(table)


#: Feeds that are judged side by side; each may take a gigabyte.
_WORKERS = min(4, len(os.sched_getaffinity(0)))


@app.command()
def run(
    store: StoreOption = None,
    inbox: Annotated[
        list[str] | None,
        typer.Option(help="A folder or s3:// prefix with <feed>/<file>; may be given more than once."),
    ] = None,
) -> None:
    """Run the whole pipeline without Airflow: land, judge, close what is due, build, gate, publish.

    Reads only the inboxes given, or storage/samples when none is.
    """
    from customs_monitor.collection.closing import tick
    from customs_monitor.collection.closing_text import closing_lines
    from customs_monitor.collection.collect import collect
    from customs_monitor.collection.in_force import without_contract
    from customs_monitor.collection.inbox import Inbox, InboxError
    from customs_monitor.collection.progress import Progress
    from customs_monitor.collection.summary import (
        empty_lines,
        feed_totals,
        read_outcomes,
        unclaimed_lines,
        without_contract_lines,
    )
    from customs_monitor.console import RunConsole
    from customs_monitor.release import release_now
    from customs_monitor.release.errors import ReleaseError
    from customs_monitor.release.summary import published_lines

    console = RunConsole()
    registry = load_registry()
    try:
        with platform_faults():
            inboxes = [Inbox.open(url) for url in inbox_urls(inbox)]
    except InboxError as error:
        fail(str(error), CALL_AT_FAULT)
    run_id = f"run-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    stages: dict[str, float] = {}

    with platform_faults(), working_folder() as scratch:
        target, layout = open_store(store_url(store)), Layout.load()
        console.say(f"store {target.url}; reading {', '.join(inbox.place for inbox in inboxes)}")
        with console.telling():
            progress = Progress(tell=console.say, doing=console.doing)
            collected = collect(target, layout, registry, inboxes, run_id, scratch, progress, workers=_WORKERS)
            stages["collect"] = console.seconds
            for line in closing_lines(tick(target, layout, registry)):
                console.say(line)
            console.say("building the release ...")
            console.doing("the release")
            try:
                release = release_now(target, layout, registry, run_id, scratch)
            except ReleaseError as error:
                fail(str(error), PLATFORM_AT_FAULT)
        stages["release"] = console.seconds - stages["collect"]
        console.feeds(feed_totals(registry.feeds, *read_outcomes(target, layout, run_id)))
        console.unclaimed(list(unclaimed_lines(collected.found)))
        console.line()
        for line in (
            *empty_lines(collected.found, inboxes),
            *without_contract_lines(without_contract(target, layout, registry)),
        ):
            console.line(line)
        if release is None:
            console.line("Nothing new: the release in force rests on the same deliveries, closings and code.")
        for line in published_lines(target, layout, registry):
            console.line(line)
        console.stages(stages)
    if collected.failures:
        fail(
            "\n".join(
                [
                    "The run failed in part; the next run tries again:",
                    *(f"  {feed}: {error}" for feed, error in collected.failures.items()),
                ]
            ),
            PLATFORM_AT_FAULT,
        )


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The delivery to judge.", exists=True, dir_okay=False)],
    feed: Annotated[str, typer.Option(help="The feed it is for.")],
    sender: Annotated[str | None, typer.Option(help="Who sends it; read from the file by default.")] = None,
    period: Annotated[str | None, typer.Option(help="Its period, like 2026-Q3; read from the file by default.")] = None,
    format: Annotated[ReportFormat, typer.Option(help="How to report.")] = ReportFormat.text,
    out: Annotated[
        Path | None, typer.Option(help="A folder for the whole report: JSON, HTML, issues, annotated copy.")
    ] = None,
) -> None:
    """Judge a delivery offline, without sending it: the same rules and verdict as at the Commission."""
    from customs_monitor.collection.identity import is_period, is_sender
    from customs_monitor.collection.preflight import preflight
    from customs_monitor.validation.report import render

    registry = load_registry()
    contract = registry.feeds.get(feed)
    if contract is None:
        fail(f"there is no feed {feed}; see customs-monitor feeds", CALL_AT_FAULT)
    if sender is not None and not is_sender(sender):
        fail(f"{sender!r} is no sender: write a country code like EL, or an agency's like ESTAT", CALL_AT_FAULT)
    if period is not None and not is_period(period):
        fail(f"{period!r} is no period: write it like 2026, 2026-Q3, 2026-09 or 2018-2020", CALL_AT_FAULT)
    with working_folder() as scratch:
        result = preflight(file, contract, registry, scratch, sender=sender, period=period)
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            for path in result.write(out):
                typer.echo(f"written: {path}", err=True)
        render(result.delivery, result.judgement, contract, str(format), sys.stdout)
    if result.judgement.verdict == "refused":
        raise typer.Exit(DATA_AT_FAULT)


@app.command()
def rejudge(
    feed: Annotated[str, typer.Argument(help="The feed, like survey_results.")],
    period: Annotated[str | None, typer.Option(help="Only deliveries of this period.")] = None,
    sender: Annotated[str | None, typer.Option(help="Only deliveries of this sender.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would change, and write nothing.")] = False,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Judge the deliveries of a feed again, after its contract has changed; the refused ones, too.

    Lists what comes out otherwise than before. The new judgement counts from then on, the earlier one is kept.
    """
    from customs_monitor.collection.progress import Progress
    from customs_monitor.collection.rejudging import rejudge as judged_again
    from customs_monitor.collection.rejudging_text import rejudged_lines
    from customs_monitor.console import RunConsole

    registry, console = load_registry(), RunConsole(Console(stderr=True, highlight=False))
    if feed not in registry.feeds:
        fail(f"there is no feed {feed}; see customs-monitor feeds", CALL_AT_FAULT)
    with platform_faults(), working_folder() as scratch, console.telling():
        outcome = judged_again(
            open_store(store_url(store)),
            Layout.load(),
            registry,
            feed,
            f"rejudge-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}",
            scratch,
            period=period,
            sender=sender,
            dry_run=dry_run,
            progress=Progress(tell=console.say, doing=console.doing),
        )
    if not outcome.deliveries and not outcome.faults:
        asked = " ".join(filter(None, (feed, period, sender)))
        fail(f"no delivery of {asked} has a judgement in this store", CALL_AT_FAULT)
    if as_json:
        print_json(outcome.model_dump(mode="json"))
    else:
        for line in rejudged_lines(outcome):
            typer.echo(line)
    if outcome.faults:
        raise typer.Exit(PLATFORM_AT_FAULT)


@app.command()
def template(
    feed: Annotated[str, typer.Argument(help="The feed, like crc_statistics.")],
    out: Annotated[
        Path | None, typer.Option(help="The workbook to write; <feed>_<sender>_<period>.xlsx here by default.")
    ] = None,
    language: Annotated[str, typer.Option(help="The language of the notes: en, fr or de.")] = "en",
    period: Annotated[
        str | None, typer.Option(help="Its period, like 2026-Q3: codes valid then; those of today by default.")
    ] = None,
    sender: Annotated[str | None, typer.Option(help="Who sends it, like EL.")] = None,
    store: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Fill in the keys of the sender's last delivery before the period, from this store.",
        ),
    ] = None,
) -> None:
    """Write the workbook that a sender fills in: the feed's columns with drop-down lists, and notes."""
    from customs_monitor.templates import LANGUAGES, TemplateError, earlier_keys, order, write_template

    registry = load_registry()
    if language not in LANGUAGES:
        fail(f"there is no template in {language!r}: choose one of {', '.join(LANGUAGES)}", CALL_AT_FAULT)
    try:
        asked = order(registry, feed, datetime.now(UTC).date(), period=period, sender=sender)
    except TemplateError as error:
        fail(str(error), CALL_AT_FAULT)
    target = out or Path("_".join(filter(None, (feed, asked.sender, asked.period))) + ".xlsx")
    if target.exists():
        fail(f"{target} is there already, perhaps filled in: name another file with --out", CALL_AT_FAULT)
    earlier = None
    if store is not None:
        if asked.sender is None or asked.period is None:
            fail("--store fills in the sender's last keys: name --sender and --period, too", CALL_AT_FAULT)
        with platform_faults():
            earlier = earlier_keys(open_store(store_url(store)), Layout.load(), asked, registry)
    try:
        write_template(asked, registry, target, language, earlier.rows if earlier else ())
    except OSError as error:
        fail(f"{target} cannot be written: {error.strerror}; name another file with --out", CALL_AT_FAULT)
    typer.echo(f"written: {target}")
    if earlier is not None:
        gone = f"; {earlier.left_out} with codes that are not valid any more are left out" if earlier.left_out else ""
        typer.echo(f"filled in: the keys of {len(earlier.rows)} rows of {earlier.period}{gone}")
    elif store is not None:
        typer.echo(f"{asked.sender} has no delivery before {asked.period} in this store: no row is filled in")


@new.command("feed")
def new_feed(feed: Annotated[str, typer.Argument(metavar="ID", help="In lower case, like safety_gate.")]) -> None:
    """Write the contract, the staging model and two golden cases of a new feed."""
    from customs_monitor.scaffold import ScaffoldError
    from customs_monitor.scaffold import new_feed as written

    try:
        paths = written(Project.locate(), feed)
    except ScaffoldError as error:
        fail(str(error), CALL_AT_FAULT)
    for path in paths:
        typer.echo(f"written: {path}")
    typer.echo("Fill these in; the tests fail until you have. CONTRIBUTING.md has the steps.")


@new.command("indicator")
def new_indicator(indicator: Annotated[str, typer.Argument(metavar="ID", help="Of the catalogue, like o4-7.")]) -> None:
    """Write the model and the specification of an indicator."""
    from customs_monitor.scaffold import ScaffoldError
    from customs_monitor.scaffold import new_indicator as written

    try:
        paths = written(Project.locate(), load_registry(), indicator)
    except ScaffoldError as error:
        fail(str(error), CALL_AT_FAULT)
    for path in paths:
        typer.echo(f"written: {path}")
    typer.echo("Fill these in; the tests fail until you have. CONTRIBUTING.md has the steps.")


@app.command("data-docs")
def data_docs(
    out: Annotated[Path, typer.Option("--out", help="The folder for the pages.")] = Path("data-docs"),
    run_id: Annotated[str | None, typer.Option("--run", help="Of this run only.")] = None,
    store: StoreOption = None,
) -> None:
    """Write what Great Expectations found on the feeds' batches as pages (Data Docs)."""
    from customs_monitor.collection.expectation_records import write_data_docs

    with platform_faults():
        first = write_data_docs(open_store(store_url(store)), Layout.load(), out, run_id)
    if first is None:
        fail(
            "Great Expectations has judged nothing in this store" + (f" in the run {run_id}." if run_id else "."),
            CALL_AT_FAULT,
        )
    typer.echo(f"written: {first}")


@app.command()
def bench(
    rows: Annotated[list[int] | None, typer.Option(help="Rows of a file; may be given more than once.")] = None,
    controls: Annotated[int, typer.Option(help="Single controls to build indicators from; 0 for none.")] = 100_000_000,
    portal: Annotated[bool, typer.Option(help="Whether to measure the portal: senders at once, large files.")] = True,
    keep: Annotated[Path | None, typer.Option(help="A folder for the files, which stay there.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure in one run: landing against a bare copy and pandas, indicators on controls, the portal under load."""
    from customs_monitor.bench.report import run_bench

    raise typer.Exit(run_bench(rows or [1_000_000, 10_000_000], controls, portal, keep, as_json))


@app.command()
def synth(
    out: Annotated[Path, typer.Option(help="A new folder for inbox/, wave2/ and truth/.")],
    seed: Annotated[int, typer.Option(help="The same seed and options give the same bytes.")],
    first: Annotated[str, typer.Option("--from", help="The first quarter, like 2025-Q1.")],
    last: Annotated[str, typer.Option("--to", help="The last quarter; years and cycles it touches come, too.")],
    rows: Annotated[
        int | None,
        typer.Option(
            help="Entries of the AEO register (18 000 by default); risk profiles and forms keep their proportion."
        ),
    ] = None,
    defects: Annotated[
        float, typer.Option(help="Share of the deliveries that are refused at first, from 0 to 1; they are listed.")
    ] = 0.0,
) -> None:
    """Make a synthetic EU: deliveries in the feeds' real formats, and the truth about them.

    inbox/ is what arrives first, wave2/ what comes late, mended or revised; both are marked synthetic. truth/wave1 and
    truth/wave2 have the expected value of every indicator cell after each, truth/defects.csv every planted defect.
    """
    from customs_monitor.synth.generate import synthesise
    from customs_monitor.synth.world import SynthError

    try:
        made = synthesise(load_registry(), out, seed, first, last, rows, defects)
    except SynthError as error:
        fail(str(error), CALL_AT_FAULT)
    typer.echo(
        f"{made.deliveries:,} deliveries, {made.rows:,} rows that count, {len(made.defects):,} planted defects: {out}"
    )


def _terminated(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main() -> None:
    """Run the command line; unexpected faults end with code 3 and say where to look."""
    logging.basicConfig(level=os.environ.get("CUSTOMS_MONITOR_LOG", "WARNING"), format="%(levelname)s %(message)s")
    # As an exception, so that working files are removed on the way out.
    signal.signal(signal.SIGTERM, _terminated)
    try:
        app()
    except Exception as error:
        if os.environ.get("CUSTOMS_MONITOR_TRACE"):
            raise
        typer.echo(
            f"The platform failed: {type(error).__name__}: {error}\n"
            "Set CUSTOMS_MONITOR_TRACE=1 and repeat to see where.",
            err=True,
        )
        sys.exit(PLATFORM_AT_FAULT)
