"""Telling verdicts to webhooks: signed, once acknowledged never again, tried again with growing pauses.

What is to be told follows from the store: every upload that was checked after the webhook was registered. Each try
leaves an object under the next number, so that of two processes one calls, and nothing is told twice on purpose; a
process that dies between call and record tells it again, with the same `event_id`.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import logging
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import httpx
from joserfc import jws
from joserfc.errors import JoseError
from pydantic import BaseModel, ConfigDict

from customs_monitor.collection.signing import ALGORITHM, SigningKey
from customs_monitor.collection.upload_check import UploadVerdict, verdict_of
from customs_monitor.collection.uploads import Upload, uploads_of
from customs_monitor.portal.dependencies import Services
from customs_monitor.portal.webhooks import Webhook
from customs_storage.canonical import canonical_json

_LOG = logging.getLogger(__name__)
#: The pause after each try that failed; after the last one the verdict is not told any more, but can be asked for.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440))
_SECONDS = 10.0
SIGNATURE = "Customs-Monitor-Signature"


class AddressRefused(ValueError):
    """An address that the portal does not call; the text says why."""


class Call(BaseModel):
    """One try.

    Attributes:
        event_id: of what was told, always the same for an upload.
        status: how it was answered; None where there was no answer.
        fault: why there was none, without the address.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    event_id: str
    at: datetime
    status: int | None = None
    fault: str | None = None

    @property
    def is_told(self) -> bool:
        """Whether it was acknowledged."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class Target:
    """Where a call goes: the address that was checked, not the name that might lead elsewhere a moment later."""

    url: httpx.URL
    host: str
    name: str


def check_address(url: str, networks: Sequence[str] = ()) -> None:
    """Look at the form of an address when it is registered; whether it leads somewhere is found when it is called.

    Args:
        url: the address.
        networks: networks that may be called although they are not public, and without encryption.

    Raises:
        AddressRefused: if it is not https, or carries a user or a fragment.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not networks:
        raise AddressRefused("a webhook needs an address that begins with https://")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AddressRefused("a webhook needs an address like https://host/path")
    if parts.username or parts.password or parts.fragment:
        raise AddressRefused("the address of a webhook has no user, no password and no fragment")


def resolve(url: str, networks: Sequence[str] = ()) -> Target:
    """Find where an address leads, and refuse what is not public: this machine, private networks, link-local ones.

    Raises:
        AddressRefused: if it leads nowhere, or to where it may not.
    """
    check_address(url, networks)
    parts = urlsplit(url)
    name = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressRefused("the host of the address cannot be found") from None
    allowed = [ipaddress.ip_network(network) for network in networks]
    for *_, where in found:
        address = ipaddress.ip_address(str(where[0]).partition("%")[0])
        if not address.is_global and not any(address in network for network in allowed):
            raise AddressRefused("the address leads into a network that the portal does not call")
    first = str(found[0][4][0]).partition("%")[0]
    return Target(httpx.URL(url).copy_with(host=first, port=port), parts.netloc, name)


def event_of(services: Services, upload: Upload, verdict: UploadVerdict) -> bytes:
    """Return what is told of a verdict: no row and no value, but where to ask for them."""
    return canonical_json(
        {
            "event": "upload.checked",
            "event_id": upload.upload_id,
            "at": verdict.checked_at.isoformat(),
            "upload_id": upload.upload_id,
            "collection": verdict.feed,
            "period": verdict.period,
            "sender": verdict.sender,
            "verdict": verdict.verdict,
            "rows": {"read": verdict.rows_read, "accepted": verdict.rows_accepted, "refused": verdict.rows_refused},
            "issues": sum(issue.count for issue in verdict.issues),
            "upload": f"{services.settings.url}/api/v1/uploads/{upload.upload_id}",
        }
    )


def signature(body: bytes, key: SigningKey) -> str:
    """Return the detached JWS (RFC 7515, appendix F) of a body: header..signature."""
    protected = {"alg": ALGORITHM, "kid": key.key_id}
    header, _, signed = jws.serialize_compact(protected, body, key.key, algorithms=[ALGORITHM]).split(".")
    return f"{header}..{signed}"


def tell_all(services: Services, key: SigningKey, client: httpx.Client | None = None) -> int:
    """Tell every verdict that is due to be told; return how many calls were made.

    Args:
        services: of the portal.
        key: signs.
        client: makes the calls; one that follows no redirect by default.
    """
    calls = 0
    with client or httpx.Client(timeout=_SECONDS, follow_redirects=False, trust_env=False) as http:
        for sender in services.webhooks.senders():
            webhooks = list(services.webhooks.of_sender(sender))
            if not webhooks:
                continue
            checked = list(_checked(services, sender))
            for webhook in webhooks:
                for upload, verdict in checked:
                    if _concerns(webhook, verdict) and _tell(services, http, key, webhook, upload, verdict):
                        calls += 1
    return calls


def failures_of(services: Services, webhook: Webhook) -> int:
    """Return how many calls in a row failed, the last ones."""
    prefix = services.layout.prefix("webhook_call", webhook_id=webhook.webhook_id)
    calls = [Call.model_validate_json(services.store.get(info.key)) for info in services.store.list(prefix)]
    failed = 0
    for call in sorted(calls, key=lambda item: item.at, reverse=True):
        if call.is_told:
            break
        failed += 1
    return failed


def _checked(services: Services, sender: str) -> Iterator[tuple[Upload, UploadVerdict]]:
    for status in uploads_of(services.store, services.layout, sender):
        verdict = verdict_of(services.store, services.layout, status.upload)
        if verdict is not None:
            yield status.upload, verdict


def _concerns(webhook: Webhook, verdict: UploadVerdict) -> bool:
    in_scope = webhook.collections is None or verdict.feed in webhook.collections
    return in_scope and verdict.checked_at >= webhook.registered_at


def _tell(
    services: Services, http: httpx.Client, key: SigningKey, webhook: Webhook, upload: Upload, verdict: UploadVerdict
) -> bool:
    """Call, if it is time to; return whether that was done."""
    place = {"webhook_id": webhook.webhook_id, "upload_id": upload.upload_id}
    infos = list(services.store.list(services.layout.prefix("webhook_call", **place)))
    if infos:
        last = Call.model_validate_json(services.store.get(infos[-1].key))
        if last.is_told or len(infos) > len(PAUSES) or services.now() < last.at + PAUSES[len(infos) - 1]:
            return False
    call = _called(services, http, key, webhook, upload, verdict)
    number = f"{len(infos) + 1:06}"
    services.store.put_if_absent(
        services.layout.key("webhook_call", **place, number=number), call.model_dump_json().encode()
    )
    return True


def _called(
    services: Services, http: httpx.Client, key: SigningKey, webhook: Webhook, upload: Upload, verdict: UploadVerdict
) -> Call:
    body = event_of(services, upload, verdict)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "customs-monitor",
        "Event-Id": upload.upload_id,
        "Content-Digest": f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:",
        SIGNATURE: signature(body, key),
    }
    status, fault = None, None
    try:
        target = resolve(webhook.url, services.settings.webhook_networks)
        with http.stream(
            "POST",
            target.url,
            content=body,
            headers={**headers, "Host": target.host},
            extensions={"sni_hostname": target.name},
        ) as answer:
            status = answer.status_code  # what it says beside is not read, however long it is
    except AddressRefused as error:
        fault = str(error)
    except (httpx.HTTPError, httpx.InvalidURL, JoseError) as error:
        fault = type(error).__name__
    if fault or status is None or status >= 300:
        _LOG.info("webhook %s was not told: %s", webhook.webhook_id, fault or status)
    return Call(event_id=upload.upload_id, at=services.now(), status=status, fault=fault)
