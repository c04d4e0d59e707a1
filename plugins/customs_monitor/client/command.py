"""The command `customs-monitor send`: a delivery from a machine, to a portal."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import httpx
import typer

from customs_monitor.client.portal import PortalClient, PortalError

app = typer.Typer()

URL_VARIABLE = "CUSTOMS_MONITOR_PORTAL_URL"
TOKEN_VARIABLE = "CUSTOMS_MONITOR_TOKEN"  # noqa: S105 - the name of a variable
_OK, _DATA, _CALL, _PLATFORM = 0, 1, 2, 3
#: Issues that are shown; all of them are in the report.
_SHOWN = 20


@app.command()
def send(
    file: Annotated[
        Path, typer.Argument(help="The delivery: CSV, XLSX, SDMX-CSV, or a zip of these.", exists=True, dir_okay=False)
    ],
    collection: Annotated[str, typer.Option(help="The collection it is for, like crc_statistics.")],
    period: Annotated[str | None, typer.Option(help="Its period, like 2026-Q3; the file says it by default.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Have it judged and nothing more.")] = False,
    portal: Annotated[str | None, typer.Option(help=f"The portal's address; {URL_VARIABLE} by default.")] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(help=f"A file with the token; {TOKEN_VARIABLE} by default.", exists=True, dir_okay=False),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Send it although the same file was sent before.")] = False,
    out: Annotated[Path | None, typer.Option(help="A folder for the report: JSON, ESS structure, HTML.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the upload as JSON.")] = False,
) -> None:
    """Send a delivery to a portal and wait for its verdict.

    Broken off, the same call goes on where it stopped. Exit code 0: accepted (with warnings), 1: refused, 2: the call
    is at fault, 3: the portal is, or does not answer.
    """
    url = portal or os.environ.get(URL_VARIABLE)
    token = token_file.read_text(encoding="utf-8").strip() if token_file else os.environ.get(TOKEN_VARIABLE, "").strip()
    if not url:
        _fail(f"name the portal with --portal or {URL_VARIABLE}", _CALL)
    if not token:
        _fail(f"give the token with --token-file or {TOKEN_VARIABLE}; tokens are made on the account page", _CALL)
    intent: Literal["check", "send"] = "check" if check else "send"
    try:
        with PortalClient(url, token) as client:
            opened = client.upload(
                file,
                collection,
                period=period,
                intent=intent,
                again=os.urandom(8).hex() if again else "",
                progress=lambda done, size: typer.echo(f"{done:,} of {size:,} bytes", err=True),
            )
            upload = client.wait(opened["upload_id"])
            uploads = [upload, *(client.wait(member) for member in upload["members"])]
            _tell(client, uploads, out, as_json)
    except (httpx.InvalidURL, UnicodeError):
        _fail(f"{url} is no address of a portal", _CALL)
    except PortalError as error:
        _fail(str(error), _PLATFORM if error.status == 0 or error.status >= 500 else _CALL)
    if any(item["verdict"]["verdict"] == "refused" for item in uploads if item["verdict"]):
        raise typer.Exit(_DATA)


def _tell(client: PortalClient, uploads: list[dict[str, Any]], out: Path | None, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(uploads[0] if len(uploads) == 1 else uploads, ensure_ascii=False, indent=2))
    for upload in uploads:
        if out is not None:
            folder = out / upload["upload_id"]
            folder.mkdir(parents=True, exist_ok=True)
            for name in ("report.json", "report.ess.json", "report.html"):
                try:
                    (folder / name).write_bytes(client.report(upload["upload_id"], name))
                except PortalError as error:
                    if error.status != 404:
                        raise
            typer.echo(f"written: {folder}", err=True)
        if not as_json:
            _tell_one(client, upload)


def _tell_one(client: PortalClient, upload: dict[str, Any]) -> None:
    verdict = upload["verdict"]
    rows = verdict["rows"]
    typer.echo(f"{_plain(upload['file'])}: {verdict['verdict'].replace('_', ' ').upper()}, {upload['state']}")
    typer.echo(f"rows: {rows['read']:,} read, {rows['accepted']:,} accepted, {rows['refused']:,} refused")
    total = sum(issue["count"] for issue in verdict["issues"])
    for number, issue in enumerate(client.issues(upload["upload_id"])):
        if number == _SHOWN:
            typer.echo(f"... and {total - _SHOWN:,} more: --out DIR writes all of them")
            break
        place = f"line {issue['line']}: " if issue["line"] is not None else ""
        typer.echo(f"  {issue['severity'].upper()} {place}{_plain(issue['message'])}\n    > {_plain(issue['cure'])}")


def _plain(text: str) -> str:
    """Replace what could move the cursor or hide text in a terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _fail(message: str, code: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)
