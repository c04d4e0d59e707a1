"""What a portal is told when it starts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from customs_monitor.contracts import DocumentError, Project
from customs_monitor.portal.auth.claims import ClaimRules

OIDC_PREFIX = "CUSTOMS_MONITOR_OIDC_"
PREFIX = "CUSTOMS_MONITOR_PORTAL_"


class SettingsError(ValueError):
    """The environment is not as it must be; the message names the variables, never their values where secret."""


class OidcSettings(BaseModel):
    """An OpenID provider.

    Attributes:
        issuer: its identifier, an https address (http only on this machine).
        client_id, client_secret: who the portal is to it.
        rules: who its people are here.
        name: what people call it.
        scope: what is asked for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str
    client_id: str = Field(min_length=1)
    client_secret: SecretStr = Field(min_length=1)
    rules: ClaimRules
    name: str = "your organisation's account"
    scope: str = "openid profile email"

    @field_validator("issuer")
    @classmethod
    def _is_safe(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        if not parts.hostname or (parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1")):
            raise ValueError(f"{issuer!r} is no https address: what it says would not be safe on its way")
        return issuer

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> OidcSettings | None:
        """Read the variables that begin with `CUSTOMS_MONITOR_OIDC_`; None without an issuer.

        Raises:
            SettingsError: if one of them is missing or cannot be read.
        """
        issuer = environment.get(OIDC_PREFIX + "ISSUER")
        if not issuer:
            return None
        rules = environment.get(OIDC_PREFIX + "CLAIMS")
        if not rules:
            raise SettingsError(f"{OIDC_PREFIX}CLAIMS names no file: say who its people are here, see CONTRIBUTING.md")
        optional = {
            name: environment[OIDC_PREFIX + name.upper()]
            for name in ("name", "scope")
            if environment.get(OIDC_PREFIX + name.upper())
        }
        try:
            return cls(
                issuer=issuer,
                client_id=environment.get(OIDC_PREFIX + "CLIENT_ID", ""),
                client_secret=SecretStr(environment.get(OIDC_PREFIX + "CLIENT_SECRET", "")),
                rules=ClaimRules.load(Path(rules)),
                **optional,
            )
        except ValidationError as error:
            raise SettingsError(_said(OIDC_PREFIX, error)) from None
        except (DocumentError, OSError) as error:
            raise SettingsError(f"{OIDC_PREFIX}CLAIMS: {error}") from None


class PortalSettings(BaseModel):
    """The settings of one portal process.

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
        oidc: the identity provider, None where there is none.
        webhook_networks: networks that webhooks may lead into although they are not public, also without encryption.
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
    oidc: OidcSettings | None = None
    webhook_networks: tuple[str, ...] = ()

    @field_validator("url")
    @classmethod
    def _is_an_origin(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError(f"{url!r} is no address of a server: write it like https://portal.example.eu")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("webhook_networks")
    @classmethod
    def _are_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            try:
                ip_network(network)
            except ValueError:
                raise ValueError(f"{network!r} is no network: write it like 10.1.0.0/16") from None
        return networks

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
            SettingsError: if one of them cannot be meant.
        """
        home = environment.get(PREFIX + "HOME")
        try:
            return cls(
                url=environment.get(PREFIX + "URL") or f"http://localhost:{port}",
                home=Path(home).resolve() if home else Project.locate().root / ".portal",
                trusted_proxies=_listed(environment.get(PREFIX + "TRUSTED_PROXIES", "")),
                oidc=OidcSettings.from_environment(environment),
                webhook_networks=_listed(environment.get(PREFIX + "WEBHOOK_NETWORKS", "")),
            )
        except ValidationError as error:
            raise SettingsError(_said(PREFIX, error)) from None


def _listed(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (item.strip() for item in text.split(","))))


def _said(prefix: str, error: ValidationError) -> str:
    return "; ".join(
        f"{prefix}{str(item['loc'][0]).upper()}: {item['msg'].removeprefix('Value error, ')}" for item in error.errors()
    )
