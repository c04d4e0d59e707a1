"""A real OpenID provider on this machine, and a person in front of it."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from customs_monitor.release.site.npm import program
from support.provider.packages import PACKAGES

PROGRAM = Path(__file__).parent / "provider" / "provider.mjs"
CLIENT_ID, CLIENT_SECRET = "customs-monitor", "a secret for tests alone"


def missing() -> str | None:
    """Return why there can be no provider here, None if there can."""
    if program("node") is None:
        return "there is no Node.js"
    return None if PACKAGES.is_installed() else "oidc-provider is not installed: make install gets it from npm"


@contextmanager
def running(folder: Path, back: str, accounts: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Run a provider and yield its issuer.

    Args:
        folder: for its configuration.
        back: the address it leads back to.
        accounts: the claims of those it lets in, by login.
    """
    node = program("node")
    assert node
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    issuer = f"http://localhost:{port}"
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uris": [back]}
    configuration = folder / "provider.json"
    configuration.write_text(json.dumps({"issuer": issuer, "port": port, "client": client, "accounts": accounts}))
    with (folder / "provider.log").open("w") as log:
        process = subprocess.Popen(
            [node, str(PROGRAM), str(PACKAGES.home), str(configuration)], stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait(process, issuer, folder / "provider.log")
            yield issuer
        finally:
            process.terminate()
            process.wait(30)


def _wait(process: subprocess.Popen[bytes], issuer: str, log: Path) -> None:
    for _ in range(600):
        try:
            if httpx.get(f"{issuer}/.well-known/openid-configuration", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            if process.poll() is not None:
                break
        time.sleep(0.1)
    raise RuntimeError(f"the provider did not start:\n{log.read_text()}")


def come_back(address: str, login: str) -> str:
    """Sign in at the provider and allow what it asks; return the address it leads back to."""
    with httpx.Client(trust_env=False, follow_redirects=False) as browser:
        origin = httpx.URL(address)
        for _ in range(20):
            answer = browser.get(address)
            while answer.is_redirect:
                address = str(origin.join(answer.headers["location"]))
                if not address.startswith(f"{origin.scheme}://{origin.netloc.decode()}/"):
                    return address
                answer = browser.get(address)
            found = re.search(r'name="prompt" value="(\w+)"', answer.text)
            action = re.search(r'action="([^"]+)"', answer.text)
            assert found, answer.text
            assert action, answer.text
            answer = browser.post(
                str(origin.join(action[1])), data={"prompt": found[1], "login": login, "password": "any"}
            )
            address = str(origin.join(answer.headers["location"]))
            if not address.startswith(f"{origin.scheme}://{origin.netloc.decode()}/"):
                return address
    raise AssertionError("the provider asks for ever")
