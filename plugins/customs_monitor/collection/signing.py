"""The key that acknowledgements are signed with (Ed25519, RFC 8037 and 9864), and its public half for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.jwk import OKPKey

from customs_storage import ObjectStore
from customs_storage.layout import Layout

#: Names a PEM file with the private key.
KEY_VARIABLE = "CUSTOMS_MONITOR_SIGNING_KEY"


class SigningKeyError(ValueError):
    """The file of the private key cannot be used; the text says why, and never what is in it."""


@dataclass(frozen=True, repr=False)
class SigningKey:
    """A private key and its id."""

    key_id: str
    key: OKPKey

    def public(self) -> dict[str, Any]:
        """Return the public key as JWK (RFC 7517), with `kid`, `use` and `alg`."""
        raise NotImplementedError


def signing_key(home: Path) -> SigningKey:
    """Return the key of this installation.

    Args:
        home: the portal's home. The key is the file that `CUSTOMS_MONITOR_SIGNING_KEY` names, else `signing-key.pem`
            here, which is made (readable for its owner alone) if it is not there.

    Raises:
        SigningKeyError: see there.
    """
    raise NotImplementedError


def publish_key(store: ObjectStore, layout: Layout, key: SigningKey) -> None:
    """Put the public key into the store, where it stays: old acknowledgements are verified with it."""
    raise NotImplementedError


def public_keys(store: ObjectStore, layout: Layout) -> dict[str, Any]:
    """Return all public keys as a JWK set, for `/.well-known/jwks.json`."""
    raise NotImplementedError
