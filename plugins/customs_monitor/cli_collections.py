"""The commands around the calendar of the collections: clock, punctuality, remind, calendar."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from customs_monitor.cli_conventions import JsonOption, StoreOption, fail, load_registry, platform_faults, print_json
from customs_monitor.console import standard_console
from customs_monitor.exit_codes import CALL_AT_FAULT, PLATFORM_AT_FAULT
from customs_monitor.settings import store as opened
from customs_storage.layout import Layout

app = typer.Typer()

AtOption = Annotated[
    str | None,
    typer.Option(
        "--at", metavar="TIME", help="As if it were then, like 2026-11-17 or 2026-11-17T08:00 (Brussels time)."
    ),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


def clock_at(at: str | None) -> Callable[[], datetime]:
    """Return the clock: the one that stands at a time given, else the machine's."""
    if at is None:
        return lambda: datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        fail(f"{at!r} is no time: write it like 2026-11-17 or 2026-11-17T08:00", CALL_AT_FAULT)
    frozen = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo("Europe/Brussels"))
    return lambda: frozen


@app.command()
def clock(
    at: AtOption = None, dry_run: DryRunOption = False, as_json: JsonOption = False, store: StoreOption = None
) -> None:
    """Close the collections that are complete or due, and note what came after their closing."""
    from customs_monitor.collection.closing import tick
    from customs_monitor.collection.closing_text import closing_lines

    now, registry = clock_at(at), load_registry()
    with platform_faults():
        made = tick(opened(store), Layout.load(), registry, now, dry_run=dry_run)
    if as_json:
        print_json([closing.model_dump(mode="json") for closing in made])
        return
    for line in closing_lines(made):
        typer.echo(line)
    if not made:
        typer.echo("Nothing to close: no collection has become complete, due or other than it was closed.")
    elif dry_run:
        typer.echo("Nothing was closed: this was a dry run.")


@app.command()
def punctuality(
    feed: Annotated[str | None, typer.Option(help="This collection only, like crc_statistics.")] = None,
    sender: Annotated[str | None, typer.Option(help="This sender only, like MT.")] = None,
    at: AtOption = None,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Tell per collection and sender how many periods came on time, late or not at all, and how often they changed."""
    from customs_monitor.collection.punctuality import by_sender
    from customs_monitor.collection.punctuality import punctuality as stands

    now, registry = clock_at(at), load_registry()
    if feed is not None and feed not in registry.collections:
        fail(f"{feed} is no collection: write one of {', '.join(registry.collections)}", CALL_AT_FAULT)
    with platform_faults():
        found = stands(opened(store), Layout.load(), registry, now, feed=feed, sender=sender)
    added_up = by_sender(found)
    if as_json:
        print_json(
            {
                "senders": [item.model_dump(mode="json") for item in added_up],
                "periods": [item.model_dump(mode="json") for item in found],
            }
        )
        return
    table = Table(box=None, pad_edge=False)
    columns = ("periods", "on time", "late", "missing", "mean days late", "most", "refused", "revisions")
    for name in ("collection", "sender", *columns):
        table.add_column(name, justify="right" if name in columns else "left")
    for item in added_up:
        mean = "" if item.mean_days_late is None else f"{item.mean_days_late:,.1f}"
        counts = (item.periods, item.on_time, item.late, item.missing)
        others = (item.most_days_late, item.refused, item.revisions)
        table.add_row(item.feed, item.sender, *map(str, counts), mean, *map(str, others))
    standard_console().print(table)


@app.command("remind")
def remind_command(
    at: AtOption = None, dry_run: DryRunOption = False, as_json: JsonOption = False, store: StoreOption = None
) -> None:
    """Send the reminders that are due, each once, to the senders' accounts; needs CUSTOMS_MONITOR_SMTP_HOST."""
    from customs_monitor.collection.mail import MailSettingsError
    from customs_monitor.collection.reminders import reminder_lines
    from customs_monitor.portal.reminding import remind_accounts

    now, registry = clock_at(at), load_registry()
    with platform_faults():
        try:
            made = remind_accounts(opened(store), Layout.load(), registry, now, dry_run=dry_run)
        except MailSettingsError as error:
            fail(str(error), CALL_AT_FAULT)
    if as_json:
        print_json([item.model_dump(mode="json") for item in made])
    else:
        for line in reminder_lines(made):
            typer.echo(line)
        if not made:
            typer.echo("Nothing is due that was not sent.")
    if any(item.state == "failed" for item in made):
        raise typer.Exit(PLATFORM_AT_FAULT)


@app.command("calendar")
def calendar_command(
    sender: Annotated[str, typer.Option(help="Whose deadlines, like MT.")],
    out: Annotated[Path | None, typer.Option(help="The file; printed by default.")] = None,
    language: Annotated[str, typer.Option(help="The language of the texts: en, fr or de.")] = "en",
    at: AtOption = None,
) -> None:
    """Write the deadlines of a sender as a calendar file (.ics)."""
    from customs_monitor.collection.ics import calendar_file

    text = calendar_file(load_registry(), sender, clock_at(at)(), language=language)
    if out is None:
        sys.stdout.write(text.decode("utf-8"))
        return
    try:
        out.write_bytes(text)
    except OSError as error:
        fail(f"{out} cannot be written: {error.strerror}; name another file with --out", CALL_AT_FAULT)
    typer.echo(f"written: {out}")
