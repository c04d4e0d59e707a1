"""The commands that read what was published: indicators, show, explain, releases, diff, rebuild, verify."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from customs_monitor.cli_conventions import (
    JsonOption,
    StoreOption,
    fail,
    load_registry,
    platform_faults,
    print_json,
)
from customs_monitor.console import RunConsole, standard_console
from customs_monitor.exit_codes import CALL_AT_FAULT, DATA_AT_FAULT, PLATFORM_AT_FAULT
from customs_monitor.scratch import working_folder
from customs_monitor.settings import store as opened
from customs_storage.layout import Layout

if TYPE_CHECKING:
    from customs_monitor.release.show import Cell, Shown

app = typer.Typer()

AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="T",
        help="As published then: a day, a time (UTC), or the id of a release.",
        show_default=False,
    ),
]

_LISTED = {"id", "title", "objectives", "level", "unit", "source", "frequency", "state", "reason", "rows", "coverage"}


class TableFormat(StrEnum):
    """How `show` prints."""

    table = "table"
    csv = "csv"
    json = "json"


@contextmanager
def _wrong_questions() -> Iterator[None]:
    """What is asked for and not there is the caller's fault, with the words that say what there is."""
    from customs_monitor.release.errors import NothingPublished, NotInRelease, ReleaseError

    with platform_faults():
        try:
            yield
        except (NothingPublished, NotInRelease) as error:
            fail(str(error), CALL_AT_FAULT)
        except ReleaseError as error:
            fail(str(error), PLATFORM_AT_FAULT)


@app.command()
def indicators(as_json: JsonOption = False, store: StoreOption = None) -> None:
    """List the 44 indicators and where each stands: published, below coverage, restricted, or awaiting data and why."""
    from customs_monitor.release.contents import Contents
    from customs_monitor.release.describing import awaiting_everything
    from customs_monitor.release.errors import NothingPublished
    from customs_monitor.release.history import manifest_in_force

    with platform_faults():
        target, layout = opened(store), Layout.load()
        try:
            entries = Contents.of(target, layout, manifest_in_force(target).release_id).indicators
        except NothingPublished:
            entries = awaiting_everything(load_registry())
    if as_json:
        print_json([entry.model_dump(mode="json", include=_LISTED) for entry in entries])
        return
    table = Table(box=None, pad_edge=False)
    for name in ("id", "objectives", "level", "state", "indicator"):
        table.add_column(name, no_wrap=name != "indicator")
    for entry in entries:
        about = entry.title if entry.state == "published" else f"{entry.title} [dim]({escape(entry.reason)})[/dim]"
        coverage = entry.coverage
        low = f"below coverage ({coverage.senders} of {coverage.expected})" if coverage and coverage.low else ""
        state = ", ".join(filter(None, (entry.state, low)))
        table.add_row(entry.id, entry.objectives, entry.level, state, about)
    standard_console().print(table)


@app.command()
def show(
    indicator: Annotated[str, typer.Argument(metavar="ID", help="The indicator, like o4-3.")],
    period: Annotated[str | None, typer.Option(help="A period, like 2018-2020 or 2026-Q3.")] = None,
    area: Annotated[str | None, typer.Option(help="A country code or EU27_2020.")] = None,
    as_of: AsOfOption = None,
    format: Annotated[TableFormat, typer.Option(help="How to print.")] = TableFormat.table,
    store: StoreOption = None,
) -> None:
    """Show an indicator's table as it is published, or as it was."""
    from customs_monitor.release.show import as_csv, as_json
    from customs_monitor.release.show import show as shown_rows

    with _wrong_questions():
        shown = shown_rows(opened(store), Layout.load(), indicator, period, area, as_of)
    if format == TableFormat.json:
        typer.echo(as_json(shown))
    elif format == TableFormat.csv:
        sys.stdout.write(as_csv(shown))
    else:
        _print_table(shown)


def _print_table(shown: Shown) -> None:
    """Print rows of an indicator, those of the Union first; what is the same in every row is said once, below."""
    from customs_monitor.release.show import STATUSES, number_text

    def told(value: Cell) -> str:
        return "" if value is None else number_text(value) if isinstance(value, float) else str(value)

    columns = {name: [row[place] for row in shown.rows] for place, name in enumerate(shown.columns)}
    same = {name: values[0] for name, values in columns.items() if len(values) > 1 and len(set(values)) == 1}
    kept = [place for place, name in enumerate(shown.columns) if name not in same]
    table = Table(box=None, pad_edge=False)
    for place in kept:
        name = shown.columns[place]
        table.add_column(name, justify="right" if name == "OBS_VALUE" else "left")
    areas = shown.columns.index("REF_AREA")
    for row in sorted(shown.rows, key=lambda row: row[areas] != "EU27_2020"):
        table.add_row(*(told(row[place]) for place in kept))
    console = standard_console()
    mark = "  RESTS ON SYNTHETIC DATA" if shown.synthetic else ""
    console.print(f"{shown.indicator}  {shown.title}{mark}\n", markup=False, soft_wrap=True)
    console.print(table)
    console.print()
    if same:
        constant = ", ".join(f"{name} {told(value)}" for name, value in same.items())
        console.print(f"In every row: {constant}", markup=False, soft_wrap=True)
    for status in sorted({str(value) for value in columns["OBS_STATUS"]} & set(STATUSES)):
        console.print(f"OBS_STATUS {status}: {STATUSES[status]}", markup=False)
    console.print(f"release {shown.release_id}", markup=False)


@app.command()
def explain(
    indicator: Annotated[str, typer.Argument(metavar="ID", help="The indicator, like o4-3.")],
    period: Annotated[str, typer.Option(help="The period of the cell.")],
    area: Annotated[str, typer.Option(help="The area of the cell.")],
    dimension: Annotated[
        list[str] | None,
        typer.Option(
            "--dimension",
            "--where",
            metavar="DIM=CODE",
            help="A further column, like SYSTEM=ICS2; any number of times.",
        ),
    ] = None,
    measure: Annotated[str | None, typer.Option(help="The measure, like MEAN.")] = None,
    rows: Annotated[int, typer.Option(help="Rows to show; all are counted.", min=0)] = 20,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Go from a published cell to its formula, models, rows and deliveries, and to what was left out."""
    from customs_monitor.release.explain import explain as explanation_of
    from customs_monitor.release.explain_text import as_text

    dimensions: dict[str, str] = {} if measure is None else {"MEASURE": measure}
    for pair in dimension or []:
        name, equals, code = pair.partition("=")
        if not equals:
            fail(f"{pair!r}: write a column and a code, like MEASURE=MEAN", CALL_AT_FAULT)
        dimensions[name.upper()] = code
    registry = load_registry()
    with _wrong_questions():
        explanation = explanation_of(
            opened(store), Layout.load(), indicator, period, area, dimensions,
            rows=rows, as_of=as_of, registry=registry,
        )  # fmt: skip
    if as_json:
        print_json(explanation.model_dump(mode="json"))
    else:
        sys.stdout.write(as_text(explanation))


@app.command()
def releases(as_json: JsonOption = False, store: StoreOption = None) -> None:
    """List the releases, the newest first, and which one is in force."""
    from customs_monitor.release.history import releases as listed

    with _wrong_questions():
        found = listed(opened(store), Layout.load())
    if as_json:
        print_json([release.model_dump(mode="json") for release in found])
        return
    if not found:
        typer.echo("Nothing is published yet: customs-monitor run makes the first release.")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("release", "state", "indicators", "deliveries", "files", "bytes", "warnings", "code"):
        table.add_column(name, justify="left" if name in ("release", "state", "code") else "right")
    for release in found:
        table.add_row(
            release.release_id,
            release.state,
            str(len(release.indicators)),
            f"{release.deliveries}" + (f" ({release.synthetic} synthetic)" if release.synthetic else ""),
            f"{release.files:,}",
            f"{release.bytes:,}",
            str(release.warnings),
            release.code_version,
        )
    standard_console().print(table)


@app.command()
def diff(
    release_a: Annotated[str, typer.Argument(help="The earlier release.")],
    release_b: Annotated[str, typer.Argument(help="The later release.")],
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Tell what changed from one release to another, and which deliveries or code are behind it."""
    from customs_monitor.release.diff import as_text
    from customs_monitor.release.diff import diff as difference_of

    with _wrong_questions():
        difference = difference_of(opened(store), Layout.load(), release_a, release_b)
    if as_json:
        print_json(difference.model_dump(mode="json"))
    else:
        sys.stdout.write(as_text(difference))


@app.command()
def rebuild(
    release: Annotated[str, typer.Argument(help="The release, in force or not.")],
    out: Annotated[Path | None, typer.Option(help="A new folder for the files; by default none is kept.")] = None,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Build an old release's data files again from its manifest and compare them with what was published.

    Under the code and uv.lock of the release they are the same, byte for byte; under other code the cells that differ
    are listed. Ends with 1 if the store has lost what it was built from, with 3 if the same code gives other bytes.
    """
    from customs_monitor.release.rebuild import rebuild as rebuilt_of
    from customs_monitor.release.rebuild_text import as_text

    if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
        fail(f"{out} is there already: name a new folder with --out", CALL_AT_FAULT)
    registry, console = load_registry(), RunConsole(Console(stderr=True, highlight=False))
    with _wrong_questions(), working_folder() as scratch, console.telling():
        rebuilt = rebuilt_of(
            opened(store), Layout.load(), registry, release, scratch, out=out, tell=console.doing, say=console.say
        )
    if as_json:
        print_json(rebuilt.model_dump(mode="json"))
    else:
        sys.stdout.write(as_text(rebuilt))
    if rebuilt.verdict == "not possible":
        raise typer.Exit(DATA_AT_FAULT)
    if rebuilt.verdict == "differs":
        raise typer.Exit(PLATFORM_AT_FAULT)


@app.command()
def verify(
    release: Annotated[str | None, typer.Argument(help="The release; the one in force by default.")] = None,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Hash everything that a release lists again, and the deliveries it rests on."""
    from customs_monitor.release.verifying import verify as verified

    with _wrong_questions():
        verification = verified(opened(store), Layout.load(), release)
    if as_json:
        print_json(verification.model_dump(mode="json"))
    else:
        typer.echo(
            f"release {verification.release_id}: {verification.files:,} files, {verification.bytes:,} bytes, "
            f"{verification.deliveries} deliveries hashed; "
            + (f"{len(verification.problems)} problems" if verification.problems else "all as listed")
        )
        for problem in verification.problems:
            typer.echo(f"  {problem}")
    if verification.problems:
        raise typer.Exit(DATA_AT_FAULT)
