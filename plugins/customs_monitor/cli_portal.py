"""The commands of the portal: serve."""

from __future__ import annotations

from typing import Annotated

import typer

from customs_monitor.cli_conventions import StoreOption, fail, load_registry, platform_faults
from customs_monitor.exit_codes import CALL_AT_FAULT
from customs_monitor.settings import store as opened

app = typer.Typer()


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="The port.", min=1, max=65535)] = 8080,
    host: Annotated[str, typer.Option(help="The address to listen on; this machine only by default.")] = "127.0.0.1",
    store: StoreOption = None,
) -> None:
    """Serve the portal and the published site."""
    from pydantic import ValidationError

    from customs_monitor.portal.serving import PortTaken, listening
    from customs_monitor.portal.serving import serve as served
    from customs_monitor.portal.settings import PREFIX, PortalSettings

    try:
        settings = PortalSettings.from_environment(port=port)
    except ValidationError as error:
        said = "; ".join(f"{PREFIX}{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors())
        fail(said, CALL_AT_FAULT)
    with platform_faults():
        target = opened(store)
        try:
            bound = listening(host, port)
        except PortTaken as error:
            fail(str(error), CALL_AT_FAULT)
        typer.echo(f"{settings.url}/  (Ctrl+C ends)")
        served(settings, target, load_registry(), bound)
    typer.echo("ended")
