"""The command that asks about the content of a delivery: questions."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from customs_monitor.cli_conventions import JsonOption, StoreOption, fail, load_registry, platform_faults, print_json
from customs_monitor.exit_codes import CALL_AT_FAULT, DATA_AT_FAULT
from customs_monitor.settings import store as opened
from customs_storage.layout import Layout

app = typer.Typer()


@app.command()
def questions(
    feed: Annotated[str, typer.Argument(help="The collection, like crc_statistics.")],
    sender: Annotated[str | None, typer.Option(help="Whose delivery, like EL; read from the file by default.")] = None,
    period: Annotated[str | None, typer.Option(help="Its period, like 2026-Q3; read from the file by default.")] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            help="A file that is not sent yet; the delivery in force by default.", exists=True, dir_okay=False
        ),
    ] = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask about figures that are unusual beside earlier periods, other senders and other collections.

    Answers are explanations; a question never refuses a delivery. What it is compared with comes from the store.
    """
    from customs_monitor.collection.content import questions_about
    from customs_monitor.collection.preflight import preflight
    from customs_monitor.collection.records import Place

    registry = load_registry()
    contract = registry.feeds.get(feed)
    if contract is None:
        fail(f"there is no feed {feed}; see customs-monitor feeds", CALL_AT_FAULT)
    if file is None and (sender is None or period is None):
        fail("name the delivery with --sender and --period, or a file with --file", CALL_AT_FAULT)
    with platform_faults(), tempfile.TemporaryDirectory(prefix="customs-monitor-") as folder:
        scratch, rows = Path(folder), None
        if file is not None:
            judged = preflight(file, contract, registry, scratch / "check", sender=sender, period=period)
            sender, period, rows = judged.delivery.sender, judged.delivery.period, judged.judgement.accepted
            if rows is None:
                fail(f"{file.name} would be refused: mend it first, see customs-monitor check", DATA_AT_FAULT)
        assert sender is not None
        assert period is not None
        found = questions_about(opened(store), Layout.load(), registry, Place(feed, period, sender), scratch, rows)
    if as_json:
        print_json([asdict(question) for question in found])
        return
    for question in found:
        subject = f" ({question.subject})" if question.subject else ""
        typer.echo(f"{question.severity.upper()} {question.code}{subject}: {question.message}\n  > {question.cure}")
    if not found:
        typer.echo(f"no questions about {feed} of {sender} for {period}")
