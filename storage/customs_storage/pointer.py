"""`published/latest.json`: which release is in force. The only object that is ever replaced."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from customs_storage.canonical import canonical_json
from customs_storage.errors import ObjectNotFound, PreconditionFailed, StoreError
from customs_storage.layout import Layout
from customs_storage.store import ObjectStore


class Latest(BaseModel):
    """The release in force.

    Attributes:
        release_id: its id.
        manifest: the key of its manifest.
        sha256: of the manifest's bytes, which in turn hold the hash of every file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    release_id: str
    manifest: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    def to_bytes(self) -> bytes:
        """Return the pointer as canonical JSON."""
        return canonical_json(self.model_dump())


def read_latest(store: ObjectStore) -> Latest | None:
    """Return the release in force, None if nothing was ever published.

    Raises:
        StoreError: if the object is no pointer.
    """
    return _read(store)[0]


def swap_latest(store: ObjectStore, new: Latest, expected: Latest | None) -> None:
    """Put a release in force, if the one in force is still the one the caller has seen.

    Args:
        store: where both are.
        new: the new release; everything it names must be written.
        expected: what `read_latest` gave when the new release was begun.

    Raises:
        PreconditionFailed: if another release has come into force since.
    """
    current, etag = _read(store)
    if current != expected:
        seen, found = (one.release_id if one else "nothing" for one in (expected, current))
        raise PreconditionFailed(
            f"{store.url}: the release in force was {seen} and is now {found}: build on that one and publish anew"
        )
    store.compare_and_set(_key(), new.to_bytes(), etag)


def _read(store: ObjectStore) -> tuple[Latest | None, str | None]:
    try:
        data, etag = store.get_version(_key())
    except ObjectNotFound:
        return None, None
    try:
        return Latest.model_validate_json(data), etag
    except ValidationError as error:
        raise StoreError(
            f"{store.url}: {_key()} names no release: {error}: restore its last version, or write the id, manifest key "
            "and hash of a release that `customs-monitor verify` finds whole"
        ) from error


def _key() -> str:
    return Layout.load().key("latest")
