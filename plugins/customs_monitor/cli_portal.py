"""The commands of the portal: serve, who may use it, and the signed receipts that it gives."""

from __future__ import annotations

import getpass
import json
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from customs_monitor.cli_conventions import (
    JsonOption,
    StoreOption,
    fail,
    load_registry,
    platform_faults,
    print_json,
)
from customs_monitor.console import standard_console
from customs_monitor.contracts.model import COLLECTIONS
from customs_monitor.exit_codes import CALL_AT_FAULT, DATA_AT_FAULT
from customs_monitor.portal.auth.accounts import AccountError, Accounts
from customs_monitor.portal.auth.passwords import WeakPassword
from customs_monitor.portal.auth.roles import Role
from customs_monitor.settings import store as opened
from customs_storage.layout import Layout

app = typer.Typer()
user = typer.Typer(help="Local accounts of the portal.", no_args_is_help=True)
token = typer.Typer(help="Tokens with which machines send.", no_args_is_help=True)
app.add_typer(user, name="user")
app.add_typer(token, name="token")

UserArgument = Annotated[str, typer.Argument(metavar="USER", help="The name she signs in with, like maria.p.")]
StdinOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")
]


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="The port.", min=1, max=65535)] = 8080,
    host: Annotated[str, typer.Option(help="The address to listen on; this machine only by default.")] = "127.0.0.1",
    store: StoreOption = None,
) -> None:
    """Serve the portal and the published site."""
    from customs_monitor.portal.serving import PortTaken, listening
    from customs_monitor.portal.serving import serve as served
    from customs_monitor.portal.settings import PortalSettings, SettingsError

    try:
        settings = PortalSettings.from_environment(port=port)
    except SettingsError as error:
        fail(str(error), CALL_AT_FAULT)
    with platform_faults():
        target = opened(store)
        try:
            bound = listening(host, port)
        except PortTaken as error:
            fail(str(error), CALL_AT_FAULT)
        typer.echo(f"{settings.url}/  (Ctrl+C ends)")
        served(settings, target, load_registry(), bound)
    typer.echo("ended")


@app.command("verify-acknowledgement")
def verify_acknowledgement(
    file: Annotated[Path, typer.Argument(help="The acknowledgement, PDF or JSON.", exists=True, dir_okay=False)],
    keys: Annotated[
        Path | None,
        typer.Option(
            help="The public keys (/.well-known/jwks.json of the portal), as a file; those in the store by default.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Verify a signed receipt, offline, and print what was signed; ends with 1 if it was changed or is a forgery."""
    from customs_monitor.collection.acknowledgement import VerificationFailed, is_untouched, verify
    from customs_monitor.collection.signing import public_keys

    with platform_faults():
        try:
            known = json.loads(keys.read_bytes()) if keys else public_keys(opened(store), Layout.load())
        except ValueError:
            fail(f"{keys} is no JSON: give the portal's /.well-known/jwks.json as it came", CALL_AT_FAULT)
    document = file.read_bytes()
    try:
        claims = verify(document, known)
    except VerificationFailed as error:
        fail(f"{file}: NOT VERIFIED: {error}", DATA_AT_FAULT)
    if as_json:
        print_json(claims.model_dump(mode="json"))
        return
    typer.echo(f"{file}: verified. This was signed:")
    for name, value in claims.model_dump(mode="json").items():
        typer.echo(f"  {name.replace('_', ' ')}: {value}")
    if not is_untouched(document):
        typer.echo("The pages of this PDF are not what this version makes of that: only the lines above count.")


@app.command("revoke-key")
def revoke_signing_key(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="Its id: the kid in /.well-known/jwks.json.")],
    reason: Annotated[str, typer.Option(help="Why, for whoever verifies.")],
    store: StoreOption = None,
) -> None:
    """Revoke a key that receipts are signed with: whatever it has signed is no longer verified.

    A portal that has it signs no more receipts until it has another: remove signing-key.pem of its home and restart it.
    """
    from customs_monitor.collection.signing import SigningKeyError, revoke_key

    try:
        with platform_faults():
            revoke_key(opened(store), Layout.load(), key_id, reason, datetime.now(UTC))
    except SigningKeyError as error:
        fail(str(error), CALL_AT_FAULT)
    typer.echo(f"{key_id} is revoked; keys that were given out before do not say so: have them fetched again")


@user.command("add")
def user_add(
    name: UserArgument,
    role: Annotated[Role, typer.Option(help="What she is.")],
    sender: Annotated[str | None, typer.Option(help="Her Member State, like EL; none for the Commission.")] = None,
    collection: Annotated[
        list[str] | None, typer.Option(help="A collection she is confined to; may be given more than once.")
    ] = None,
    delegated: Annotated[bool, typer.Option("--delegated", help="A deputy who may also send and explain.")] = False,
    display: Annotated[str, typer.Option(help="Her name as shown.")] = "",
    email: Annotated[str | None, typer.Option(help="Where reminders go.")] = None,
    language: Annotated[str | None, typer.Option(help="The language she prefers: en, fr or de.")] = None,
    password_stdin: StdinOption = False,
    store: StoreOption = None,
) -> None:
    """Make an account; its password is asked for, or read from standard input, never an argument."""
    _known_collections(collection)
    with _account_errors():
        account = _accounts(store).add(
            name,
            by=_operator(),
            password=_password(password_stdin),
            role=role,
            sender=sender.upper() if sender else None,
            collections=frozenset(collection) if collection else None,
            delegated=delegated,
            display=display,
            email=email,
            language=language,
        )
    _kept(store, "user-add", account=name, role=role.value, sender=account.sender)
    typer.echo(f"added: {account.user} ({account.role.value}{f' of {account.sender}' if account.sender else ''})")


@user.command("list")
def user_list(as_json: JsonOption = False, store: StoreOption = None) -> None:
    """List the accounts."""
    with platform_faults():
        accounts = list(_accounts(store).all())
    if as_json:
        print_json([account.model_dump(mode="json", exclude={"password"}) for account in accounts])
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("user", "role", "sender", "collections", "signs in with", "state", "changed"):
        table.add_column(heading)
    for account in accounts:
        table.add_row(
            account.user,
            account.role.value + (" (delegated)" if account.delegated else ""),
            account.sender or "Commission",
            ", ".join(sorted(account.collections)) if account.collections is not None else "all",
            "password" if account.password else "provider",
            "disabled" if account.disabled else "active",
            f"{account.at:%Y-%m-%d %H:%M} by {account.by}",
        )
    standard_console().print(table)


@user.command("disable")
def user_disable(name: UserArgument, store: StoreOption = None) -> None:
    """Keep somebody out at once: her sessions and tokens end."""
    with _account_errors():
        _accounts(store).change(name, by=_operator(), disabled=True)
    _kept(store, "user-disable", account=name)
    typer.echo(f"disabled: {name}")


@user.command("enable")
def user_enable(name: UserArgument, store: StoreOption = None) -> None:
    """Let somebody in again who was disabled; her old sessions and tokens stay void."""
    with _account_errors():
        _accounts(store).change(name, by=_operator(), disabled=False)
    _kept(store, "user-enable", account=name)
    typer.echo(f"enabled: {name}")


@user.command("password")
def user_password(name: UserArgument, password_stdin: StdinOption = False, store: StoreOption = None) -> None:
    """Set a new password, asked for or read from standard input; sessions and tokens end."""
    with _account_errors():
        _accounts(store).change(name, by=_operator(), password=_password(password_stdin))
    _kept(store, "user-password", account=name)
    typer.echo(f"changed: {name}")


@token.command("issue")
def token_issue(
    name: UserArgument,
    label: Annotated[str, typer.Option(help="What it is for, like nightly-send.")],
    collection: Annotated[
        list[str] | None, typer.Option(help="A collection it is for; all of the account's by default.")
    ] = None,
    days: Annotated[int, typer.Option(help="How long it is good.", min=1, max=366)] = 90,
    store: StoreOption = None,
) -> None:
    """Issue a token and print it, this once."""
    from customs_monitor.portal.auth.tokens import TokenError, Tokens

    _known_collections(collection)
    with platform_faults():
        target, accounts = opened(store), _accounts(store)
        account = accounts.find(name)
        if account is None:
            fail(f"there is no account {name}: see customs-monitor user list", CALL_AT_FAULT)
        try:
            text, issued = Tokens(target, Layout.load(), _now, accounts).issue(
                account, label=label, lasts=timedelta(days=days), collections=collection
            )
        except TokenError as error:
            fail(str(error), CALL_AT_FAULT)
    _kept(store, "token-issue", account=name, token=issued.token_id, sender=issued.sender)
    typer.echo(text)
    typer.echo(f"token {issued.token_id}, good until {issued.expires_at:%Y-%m-%d}; it is not shown again", err=True)


@token.command("list")
def token_list(name: UserArgument, as_json: JsonOption = False, store: StoreOption = None) -> None:
    """List the tokens of an account's Member State that are not revoked."""
    from customs_monitor.portal.auth.tokens import Tokens

    with platform_faults():
        accounts = _accounts(store)
        account = accounts.find(name)
        if account is None:
            fail(f"there is no account {name}: see customs-monitor user list", CALL_AT_FAULT)
        tokens = list(Tokens(opened(store), Layout.load(), _now, accounts).of_sender(account.sender))
    if as_json:
        print_json([item.model_dump(mode="json", exclude={"sha256"}) for item in tokens])
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("token", "user", "label", "collections", "good until"):
        table.add_column(heading)
    for item in tokens:
        collections = ", ".join(sorted(item.collections)) if item.collections is not None else "all"
        table.add_row(item.token_id, item.user, item.label, collections, f"{item.expires_at:%Y-%m-%d}")
    standard_console().print(table)


@token.command("revoke")
def token_revoke(
    token_id: Annotated[str, typer.Argument(help="The id, as listed.")], store: StoreOption = None
) -> None:
    """Make a token void for good."""
    from customs_monitor.portal.auth.tokens import Tokens

    with platform_faults():
        tokens = Tokens(opened(store), Layout.load(), _now, _accounts(store))
        if tokens.find(token_id) is None:
            fail(f"there is no token {token_id}: see customs-monitor token list", CALL_AT_FAULT)
        tokens.revoke(token_id, by=_operator())
    _kept(store, "token-revoke", token=token_id)
    typer.echo(f"revoked: {token_id}")


def _now() -> datetime:
    return datetime.now(UTC)


def _accounts(store: str | None) -> Accounts:
    return Accounts(opened(store), Layout.load(), _now)


@contextmanager
def _account_errors() -> Iterator[None]:
    with platform_faults():
        try:
            yield
        except (AccountError, WeakPassword) as error:
            fail(str(error), CALL_AT_FAULT)


def _kept(store: str | None, action: str, **about: str | None) -> None:
    """Leave an entry in the audit, as a request to the portal does."""
    from customs_monitor.portal.audit import AuditTrail

    with platform_faults():
        AuditTrail(opened(store), Layout.load(), _now).keep(
            action=action,
            method="CLI",
            path="customs-monitor",
            user=_operator(),
            notes={name: value for name, value in about.items() if value is not None},
        )


def _operator() -> str:
    """Return who calls, for the record of what was changed: whoever has the store's keys is an administrator."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    first: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return first


def _known_collections(given: list[str] | None) -> None:
    if not given:
        return
    known = [feed for feed, contract in load_registry().feeds.items() if contract.domain == COLLECTIONS]
    if unknown := sorted(set(given) - set(known)):
        fail(f"{', '.join(unknown)}: no collection; there are {', '.join(known)}", CALL_AT_FAULT)
