"""The key that acknowledgements are signed with (Ed25519, RFC 8037 and 9864), and its public half for everybody."""

from __future__ import annotations

import base64
import json
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from customs_storage import ObjectStore
from customs_storage.canonical import canonical_json
from customs_storage.layout import Layout

#: Names a PEM file with the private key.
KEY_VARIABLE = "CUSTOMS_MONITOR_SIGNING_KEY"
ALGORITHM: Final = "Ed25519"
_FILE = "signing-key.pem"


class SigningKeyError(ValueError):
    """The file of the private key cannot be used; the text says why, and never what is in it."""


@dataclass(frozen=True, repr=False)
class SigningKey:
    """A private key and its id, the SHA-256 of its thumbprint (RFC 7638) in hexadecimal digits."""

    key_id: str
    key: OKPKey

    def public(self) -> dict[str, Any]:
        """Return the public key as JWK (RFC 7517), with `kid`, `use` and `alg`."""
        return {**self.key.as_dict(private=False), "kid": self.key_id, "use": "sig", "alg": ALGORITHM}


def signing_key(home: Path) -> SigningKey:
    """Return the key of this installation.

    Args:
        home: the portal's home. The key is the file that `CUSTOMS_MONITOR_SIGNING_KEY` names, else `signing-key.pem`
            here, which is made (readable for its owner alone) if it is not there.

    Raises:
        SigningKeyError: see there.
    """
    named = os.environ.get(KEY_VARIABLE)
    path = Path(named) if named else home / _FILE
    if not named and not path.exists():
        _make(path)
    try:
        key = OKPKey.import_key(path.read_bytes())
        is_usable = key.curve_name == ALGORITHM and key.is_private
    except OSError as error:
        raise SigningKeyError(f"the signing key {path} cannot be read: {error.strerror}") from None
    except (JoseError, ValueError):
        is_usable = False
    if not is_usable:
        raise SigningKeyError(
            f"{path} is no private Ed25519 key in PEM without a password: "
            f"make one with `openssl genpkey -algorithm ed25519`, and name it in {KEY_VARIABLE}"
        )
    return SigningKey(_key_id(key), key)


def publish_key(store: ObjectStore, layout: Layout, key: SigningKey) -> None:
    """Put the public key into the store, where it stays: old acknowledgements are verified with it.

    Raises:
        SigningKeyError: if it was revoked.
    """
    if store.head(layout.key("signing_key_revoked", key_id=key.key_id)) is not None:
        raise SigningKeyError(
            f"the signing key {key.key_id} was revoked: remove its file, or name another in {KEY_VARIABLE}, and restart"
        )
    store.put_if_absent(layout.key("signing_key", key_id=key.key_id), canonical_json(key.public()))


def public_keys(store: ObjectStore, layout: Layout) -> dict[str, Any]:
    """Return all public keys as a JWK set, for `/.well-known/jwks.json`.

    One that was revoked says so in `revoked`, as in OpenID Federation 1.0, section 8.7.3: `revoked_at` (seconds since
    1970) and `reason`.
    """
    keys = [json.loads(store.get(info.key)) for info in store.list(layout.prefix("signing_key"))]
    revoked = {
        layout.parse("signing_key_revoked", info.key)["key_id"]: json.loads(store.get(info.key))
        for info in store.list(layout.prefix("signing_key_revoked"))
    }
    return {"keys": [{**key, "revoked": revoked[key["kid"]]} if key["kid"] in revoked else key for key in keys]}


def revoke_key(store: ObjectStore, layout: Layout, key_id: str, reason: str, now: datetime) -> None:
    """Say, for good, that what is signed with a key counts no more; said again, the first time and reason stay.

    Raises:
        SigningKeyError: if there is no such key.
    """
    known = (layout.parse("signing_key", info.key)["key_id"] for info in store.list(layout.prefix("signing_key")))
    if key_id not in known:
        raise SigningKeyError(f"there is no signing key {key_id}: its id is the `kid` in /.well-known/jwks.json")
    note: dict[str, Any] = {"revoked_at": int(now.timestamp()), "reason": reason}
    store.put_if_absent(layout.key("signing_key_revoked", key_id=key_id), canonical_json(note))


def _make(path: Path) -> None:
    """Make a key; of several processes that do so at once, the first one's is everybody's."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = OKPKey.generate_key(ALGORITHM).as_pem(private=True)
    # Made readable for its owner alone, and whole, before it has its name.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".signing-key-")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            return
    finally:
        temporary.unlink()


def _key_id(key: OKPKey) -> str:
    thumbprint = key.thumbprint()
    return base64.urlsafe_b64decode(thumbprint + "=" * (-len(thumbprint) % 4)).hex()
