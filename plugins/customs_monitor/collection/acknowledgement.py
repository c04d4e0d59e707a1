"""Acknowledgements: signed receipts that an officer can keep, and anybody can verify without the platform.

The JSON has the claims in the clear and a JWS (RFC 7515) over their canonical form; the PDF is made from the JSON, says
the same in words and carries the JWS.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc import jws
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from customs_monitor.collection.acknowledgement_claims import Claims
from customs_monitor.collection.acknowledgement_pdf import acknowledgement_pdf, token_of_pdf
from customs_monitor.collection.ledger import ResentEvent, SentEvent, events, events_of_feed
from customs_monitor.collection.records import JudgementRecord, Place, Receipt
from customs_monitor.collection.signing import ALGORITHM, SigningKey, publish_key
from customs_monitor.collection.uploads import clock
from customs_monitor.collection.verdicts import last_judgement
from customs_monitor.contracts import Registry
from customs_storage import ObjectStore
from customs_storage.canonical import canonical_json
from customs_storage.layout import Layout

__all__ = [
    "Acknowledgement",
    "Claims",
    "VerificationFailed",
    "acknowledge",
    "acknowledge_all",
    "is_untouched",
    "verify",
]

_TYPE = "customs-monitor-acknowledgement+jws"
_PDF = b"%PDF-"


class VerificationFailed(ValueError):
    """The document is no acknowledgement, was changed, or its key is not known or was revoked."""


@dataclass(frozen=True)
class Acknowledgement:
    """The two files of an acknowledgement, with their keys in the store."""

    claims: Claims
    json: bytes
    json_key: str
    pdf: bytes
    pdf_key: str


def acknowledge(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    place: Place,
    number: int,
    key: SigningKey,
    now: Callable[[], datetime] = clock,
) -> Acknowledgement | None:
    """Give the acknowledgement of a sending: the one that is there, else a new one.

    Of several that make it at once the JSON of one is kept, and the PDF is made from that.

    Args:
        store: the store.
        layout: the keys of the store.
        registry: the contracts.
        place: whose ledger.
        number: of the event `sent` or `resent`.
        key: signs.
        now: the clock.

    Returns:
        None while the delivery has no verdict, or if there is no such event.
    """
    event = next((one for one in events(store, layout, place) if one.number == number), None)
    if not isinstance(event, SentEvent | ResentEvent):
        return None
    fields = {**place.fields, "delivery_id": event.delivery_id}
    json_key, pdf_key = (
        layout.key("acknowledgement", **fields, name=_name(number, suffix)) for suffix in ("json", "pdf")
    )
    if store.head(json_key) is None:
        judgement = last_judgement(store, layout, **fields)
        if judgement is None:
            return None
        receipt = Receipt.read(store, layout.key("receipt", **fields))
        # First the public half: nobody shall hold what nobody can verify.
        publish_key(store, layout, key)
        store.put_if_absent(json_key, _signed(_claims(registry, event, receipt, judgement, now()), key))
    document = store.get(json_key)
    claims, token = _read(document)
    if store.head(pdf_key) is None:
        store.put_if_absent(pdf_key, acknowledgement_pdf(claims, token, _key_id(token)))
    return Acknowledgement(claims, document, json_key, store.get(pdf_key), pdf_key)


def acknowledge_all(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    feed: str,
    key: SigningKey,
    now: Callable[[], datetime] = clock,
) -> int:
    """Give the acknowledgements of a feed that are missing, as a killed process may have left them; return how many."""
    there = {info.key for info in store.list(layout.prefix("acknowledgement", feed=feed))}
    given = 0
    for (period, sender), ledger in events_of_feed(store, layout, feed).items():
        place = Place(feed, period, sender)
        for event in ledger:
            fields = {**place.fields, "delivery_id": event.delivery_id}
            # The PDF is the last to be written.
            done = layout.key("acknowledgement", **fields, name=_name(event.number, "pdf")) in there
            if isinstance(event, SentEvent | ResentEvent) and not done:
                given += acknowledge(store, layout, registry, place, event.number, key, now) is not None
    return given


def verify(document: bytes, keys: Mapping[str, Any]) -> Claims:
    """Verify an acknowledgement, JSON or PDF, and return what was signed.

    What counts is what is returned: pages can be printed with other words around a signature (`is_untouched`).

    Args:
        document: the file.
        keys: a JWK set.

    Raises:
        VerificationFailed: see there.
    """
    token = _token(document)
    try:
        known = KeySet.import_key_set(dict(keys))  # type: ignore[arg-type]
        signed = jws.deserialize_compact(token, known, algorithms=[ALGORITHM])
        claims = Claims.model_validate_json(signed.payload)
    except InvalidKeyIdError:
        raise VerificationFailed(
            "it was signed with a key that is not among those given: get /.well-known/jwks.json of the portal again"
        ) from None
    except (JoseError, ValueError, KeyError, TypeError):
        raise VerificationFailed("the signature is not valid: the document was changed, or is a forgery") from None
    if _is_revoked(_key_id(token), keys):
        # Whoever has stolen a key writes whatever date she likes: no time of signing says that a document is older.
        raise VerificationFailed(
            "it was signed with a key that was revoked: compare it with the history that the portal shows"
        )
    if not document.startswith(_PDF) and _read(document)[0] != claims:
        raise VerificationFailed("what it says in the clear is not what was signed: the document was changed")
    return claims


def _is_revoked(key_id: str, keys: Mapping[str, Any]) -> bool:
    return any(key.get("kid") == key_id and "revoked" in key for key in keys["keys"])


def is_untouched(document: bytes) -> bool:
    """Tell whether a PDF is, byte for byte, what this program makes of what was signed; True of JSON.

    False of a forgery, and of a PDF made by another version of the program or its libraries.
    """
    if not document.startswith(_PDF):
        return True
    token = _token(document)
    try:
        claims = Claims.model_validate_json(jws.extract_compact(token.encode()).payload)
    except (JoseError, ValueError):
        return False
    return document == acknowledgement_pdf(claims, token, _key_id(token))


def _claims(
    registry: Registry, event: SentEvent | ResentEvent, receipt: Receipt, judgement: JudgementRecord, moment: datetime
) -> Claims:
    contract = registry.feeds.get(event.feed)
    return Claims(
        collection=event.feed,
        collection_name=contract.name if contract else event.feed,
        period=event.period,
        sender=event.sender,
        delivery_id=event.delivery_id,
        version=receipt.sequence,
        event=event.number,
        kind=event.kind,
        file=receipt.file,
        sha256=receipt.sha256,
        size=receipt.size,
        received_at=event.at.astimezone(UTC),
        verdict=judgement.verdict,
        rows_read=judgement.rows_read,
        rows_accepted=judgement.rows_accepted,
        rows_refused=judgement.rows_refused,
        errors=sum(issue.count for issue in judgement.issues if issue.severity == "error"),
        warnings=sum(issue.count for issue in judgement.issues if issue.severity == "warning"),
        user=event.user,
        issued_at=moment.astimezone(UTC),
    )


def _signed(claims: Claims, key: SigningKey) -> bytes:
    header = {"alg": ALGORITHM, "kid": key.key_id, "typ": _TYPE}
    token = jws.serialize_compact(header, claims.to_bytes(), key.key, algorithms=[ALGORITHM])
    return canonical_json({"claims": claims.model_dump(mode="json"), "jws": token})


def _read(document: bytes) -> tuple[Claims, str]:
    try:
        found = json.loads(document)
        return Claims.model_validate(found["claims"]), str(found["jws"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise VerificationFailed(
            "it is no acknowledgement: give the JSON or PDF that the portal gave, as it came"
        ) from None


def _token(document: bytes) -> str:
    if not document.startswith(_PDF):
        return _read(document)[1]
    token = token_of_pdf(document)
    if token is None:
        raise VerificationFailed("the PDF has no signature in it: give the file that the portal gave, as it came")
    return token


def _key_id(token: str) -> str:
    return str(jws.extract_compact(token.encode()).headers()["kid"])


def _name(number: int, suffix: str) -> str:
    return f"acknowledgement-{number:06}.{suffix}"
