"""What a portal is told when it starts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from customs_monitor.contracts import Project

PREFIX = "CUSTOMS_MONITOR_PORTAL_"


class PortalSettings(BaseModel):
    """The settings of one portal process; none of them is a secret.

    Attributes:
        url: the address people type, without a path; https switches secure cookies and strict transport on.
        home: the folder of this machine for keys and scratch files; nothing in it is lost with it but its signing key.
        trusted_proxies: addresses or networks whose X-Forwarded-For and -Proto are believed; nobody's by default.
        idle: how long a session lasts without a request.
        longest: how long a session lasts at all.
        largest_body: bytes of a form or a JSON document.
        largest_upload: bytes of a delivery.
        workers: processes that judge.
        requests_per_minute: of one address.
        sign_ins_per_minute: tries to sign in, of one address, whatever the name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = "http://localhost:8080"
    home: Path
    trusted_proxies: tuple[str, ...] = ()
    idle: timedelta = timedelta(minutes=30)
    longest: timedelta = timedelta(hours=8)
    largest_body: int = Field(default=1 << 20, gt=0)
    largest_upload: int = Field(default=2 << 30, gt=0)
    workers: int = Field(default=2, ge=1)
    requests_per_minute: int = Field(default=3000, ge=1)
    sign_ins_per_minute: int = Field(default=20, ge=1)

    @field_validator("url")
    @classmethod
    def _is_an_origin(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError(f"{url!r} is no address of a server: write it like https://portal.example.eu")
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def scheme(self) -> Literal["http", "https"]:
        """The scheme that people's browsers use."""
        return "https" if self.url.startswith("https:") else "http"

    @property
    def host(self) -> str:
        """The host people type, without its port."""
        return urlsplit(self.url).hostname or ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ, *, port: int = 8080) -> PortalSettings:
        """Read the variables that begin with `CUSTOMS_MONITOR_PORTAL_`.

        Args:
            environment: the variables.
            port: the port served on, for the address if none is given.

        Raises:
            pydantic.ValidationError: if one of them cannot be meant.
        """
        home = environment.get(PREFIX + "HOME")
        proxies = environment.get(PREFIX + "TRUSTED_PROXIES", "")
        return cls.model_validate(
            {
                "url": environment.get(PREFIX + "URL") or f"http://localhost:{port}",
                "home": Path(home).resolve() if home else Project.locate().root / ".portal",
                "trusted_proxies": tuple(filter(None, (item.strip() for item in proxies.split(",")))),
            }
        )
