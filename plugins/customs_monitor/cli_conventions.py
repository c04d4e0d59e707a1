"""What holds for every command: its options, how it prints JSON, and how a fault ends it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer

from customs_monitor.contracts import DocumentError, Project, ProjectNotFound, Registry
from customs_monitor.exit_codes import CALL_AT_FAULT, PLATFORM_AT_FAULT
from customs_storage import InvalidLocation, StoreError

StoreOption = Annotated[
    str | None,
    typer.Option("--store", help="file:///dir or s3://bucket/prefix; CUSTOMS_MONITOR_STORE or ./data by default."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def fail(message: str, code: int) -> NoReturn:
    """Print an error and end with the code."""
    typer.echo(message, err=True)
    raise typer.Exit(code)


def load_registry() -> Registry:
    """Load the contracts; contracts that are wrong are the platform's fault."""
    try:
        return Registry.load(Project.locate())
    except (DocumentError, ProjectNotFound) as error:
        fail(str(error), PLATFORM_AT_FAULT)


@contextmanager
def platform_faults() -> Iterator[None]:
    """Turn what the store reports into an exit code."""
    try:
        yield
    except InvalidLocation as error:
        fail(str(error), CALL_AT_FAULT)
    except StoreError as error:
        fail(str(error), PLATFORM_AT_FAULT)


def print_json(value: Any) -> None:
    """Print a value as JSON that a person can read."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
