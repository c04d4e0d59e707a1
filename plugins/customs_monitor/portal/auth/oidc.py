"""Sign-in with OpenID Connect: authorisation code with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636).

What binds the way out to the way back is a cookie of the browser: verifier and nonce are derived from it, so the store
holds nothing with which a code could be redeemed. A way is an object of the store that is closed once.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import warnings
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict

from customs_monitor.portal.auth.claims import ClaimRules
from customs_monitor.portal.settings import OidcSettings
from customs_storage import ObjectNotFound, ObjectStore
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have httpx's successor
    from authlib.integrations.httpx_client import OAuth2Client

BACK = "/sign-in/provider/back"
_LASTS = timedelta(minutes=10)
_TIMEOUT = 10.0
_LEEWAY = 60
#: Signatures with public keys alone: with a shared secret anybody who knows it could be anybody.
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]


class ProviderError(RuntimeError):
    """The provider does not answer, or not as it must; the text holds no token and nothing that a stranger wrote."""


class FlowError(ValueError):
    """Somebody comes back on a way that nobody began, that is closed, too old, or another browser's."""


class Flow(BaseModel):
    """A way to the provider and back.

    Attributes:
        browser: SHA-256 of the cookie that the browser must come back with.
        next: where to go then.
        opened_at: when it began.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    browser: str
    next: str
    opened_at: datetime


@dataclass(frozen=True)
class Departure:
    """The address at the provider, and the cookie that binds the way to the browser."""

    address: str
    cookie: str


@dataclass(frozen=True)
class Arrival:
    """Somebody whom the provider has let in: her name here, her claims, and where she wanted to go."""

    user: str
    claims: Mapping[str, Any]
    next: str


class Provider:
    """One identity provider.

    Args:
        settings: where it is and who we are to it.
        url: the portal's address.
        store, layout: where ways are kept.
        now: the clock, in UTC.
    """

    def __init__(
        self, settings: OidcSettings, url: str, store: ObjectStore, layout: Layout, now: Callable[[], datetime]
    ) -> None:
        self._settings, self._back = settings, url + BACK
        self._store, self._layout, self._now = store, layout, now

    @property
    def rules(self) -> ClaimRules:
        """Who its people are here."""
        return self._settings.rules

    @property
    def name(self) -> str:
        """What people call it."""
        return self._settings.name

    def depart(self, next: str) -> Departure:
        """Begin a way.

        Raises:
            ProviderError: see there.
        """
        metadata = self._metadata()
        cookie, state = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        flow = Flow(browser=_sha256(cookie), next=next, opened_at=self._now())
        self._store.put(self._layout.key("flow", flow_id=_flow_id(state)), flow.model_dump_json().encode())
        with self._client() as client:
            address, _ = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=state,
                nonce=_derived(cookie, "nonce", state),
                code_verifier=_derived(cookie, "verifier", state),
            )
        return Departure(address, cookie)

    def arrive(self, cookie: str | None, state: str, code: str, issuer: str | None) -> Arrival:
        """End a way: redeem the code, verify the identity token, ask for the claims.

        Args:
            cookie: what the browser came back with.
            state: of the provider's answer.
            code: of the provider's answer.
            issuer: of the provider's answer (`iss`, RFC 9207), None if it says none.

        Raises:
            FlowError, ProviderError: see there.
        """
        flow = self._close(cookie, state)
        assert cookie is not None
        if issuer is not None and issuer != self._settings.issuer:
            raise FlowError("another provider has answered")
        metadata = self._metadata()
        try:
            with self._client() as client:
                token = client.fetch_token(
                    metadata["token_endpoint"], code=code, code_verifier=_derived(cookie, "verifier", state)
                )
                claims = self._verified(metadata, token, _derived(cookie, "nonce", state))
                if endpoint := metadata.get("userinfo_endpoint"):
                    answer = client.get(endpoint)
                    answer.raise_for_status()
                    said = answer.json()
                    if said.get("sub") != claims["sub"]:
                        raise ProviderError("the provider told of somebody else than it let in")
                    claims = {**said, **claims}
        except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderError(f"the provider's answer was not good ({type(error).__name__})") from None
        except ProviderError:
            raise
        except Exception as error:
            # Authlib's errors of OAuth quote the answer, which may hold what we sent.
            raise ProviderError(f"the provider refused ({type(error).__name__})") from None
        user = f"oidc.{_sha256(self._settings.issuer + chr(10) + claims['sub'])[:16]}"
        return Arrival(user, claims, flow.next)

    def _close(self, cookie: str | None, state: str) -> Flow:
        try:
            flow = Flow.model_validate_json(self._store.get(self._layout.key("flow", flow_id=_flow_id(state))))
        except ObjectNotFound:
            raise FlowError("nobody began this way") from None
        if cookie is None or not hmac.compare_digest(flow.browser, _sha256(cookie)):
            raise FlowError("another browser began this way")
        if self._now() - flow.opened_at > _LASTS:
            raise FlowError("this way was begun too long ago")
        if not self._store.put_if_absent(self._layout.key("flow_used", flow_id=_flow_id(state)), b"{}"):
            raise FlowError("this way is closed")
        return flow

    def _client(self) -> OAuth2Client:
        return OAuth2Client(
            self._settings.client_id,
            self._settings.client_secret.get_secret_value(),
            scope=self._settings.scope,
            redirect_uri=self._back,
            code_challenge_method="S256",
            timeout=_TIMEOUT,
            trust_env=False,
        )

    def _metadata(self) -> dict[str, Any]:
        said = self._fetched(self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if said.get("issuer") != self._settings.issuer or not {
            "authorization_endpoint", "token_endpoint", "jwks_uri",
        } <= said.keys():  # fmt: skip
            raise ProviderError("the provider's configuration is not that of the issuer we were told")
        return said

    @staticmethod
    def _fetched(url: str) -> dict[str, Any]:
        try:
            answer = httpx.get(url, timeout=_TIMEOUT, trust_env=False)
            answer.raise_for_status()
            said: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderError(f"the provider does not answer ({type(error).__name__})") from None
        return said

    def _verified(self, metadata: Mapping[str, Any], token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        keys = KeySet.import_key_set(self._fetched(metadata["jwks_uri"]))  # type: ignore[arg-type]
        decoded = jwt.decode(token["id_token"], keys, algorithms=_ALGORITHMS)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": self._settings.issuer},
                "aud": {"essential": True, "value": self._settings.client_id},
            },
            {"nonce": nonce, "client_id": self._settings.client_id, "access_token": token.get("access_token")},
        )
        claims.validate(now=int(self._now().timestamp()), leeway=_LEEWAY)
        return dict(claims)


def _flow_id(state: str) -> str:
    return _sha256(state)[:32]


def _sha256(text: str) -> str:
    return sha256_of(text.encode("utf-8", "surrogatepass"))


def _derived(cookie: str, what: str, state: str) -> str:
    digest = hmac.new(cookie.encode(), f"{what}\n{state}".encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
