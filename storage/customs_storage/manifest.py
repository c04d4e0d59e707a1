"""The manifest of a release: what it consists of, what it rests on, and who let it pass."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import Annotated, Final, Literal, cast

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator

from customs_storage.canonical import Json, canonical_json
from customs_storage.errors import ChecksumMismatch, StoreError
from customs_storage.hashing import sha256_of
from customs_storage.keys import check_key
from customs_storage.layout import Layout
from customs_storage.pointer import read_latest
from customs_storage.store import ObjectStore

VERSION: Final = 1
"""Of the manifest's own form; a change that an older reader would misread raises it."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
UtcTime = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
FileArea = Literal["release_file", "restricted_file"]


class ManifestError(StoreError):
    """A manifest cannot be read."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ManifestFile(_Record):
    """One file of the release; `path` is relative to the release's folder."""

    path: Annotated[str, AfterValidator(check_key)]
    sha256: Sha256
    size: int = Field(ge=0, description="bytes")


class ManifestDelivery(_Record):
    """One delivery in force when the release was made; `sha256` is that of the bytes received."""

    feed: str
    period: str
    sender: str
    delivery_id: str
    sha256: Sha256
    received_at: UtcTime
    origin: str = Field(description="folder and file it came from; the receipt also names the inbox")
    synthetic: bool
    accepted_sha256: Sha256 | None = Field(
        default=None, description="of its accepted rows as Parquet; None where the code that made the release kept none"
    )
    revision: int = Field(default=1, ge=1, description="which judgement of it counted: 1 for the first")


class ManifestClosing(_Record):
    """The last closing of a collection and period when the release was made; `number` is that of its record."""

    feed: str
    period: str
    number: int = Field(ge=1)


class ManifestExplanation(_Record):
    """An explanation that a sender gave and that was valid when the release was made; `number` is that of its event."""

    feed: str
    period: str
    sender: str
    number: int = Field(ge=1)


class GateVerdict(_Record):
    """What one check of the gate said of the candidate."""

    check: str
    verdict: Literal["passed", "warned", "failed"]
    detail: str


class Manifest(_Record):
    """A release, completely; equal releases have equal manifests but for `release_id`, `created_at` and `replaces`.

    Attributes:
        version: of the manifest's own form.
        release_id: the release's id.
        created_at: when the candidate was made, in UTC.
        replaces: the release in force when it was begun, which the swap of `latest.json` makes sure of: following it
            back gives every release that ever was in force. None for the first.
        code_version: the platform's version and commit.
        input_fingerprint: SHA-256 over all that the release is computed from; equal inputs need no new release.
        contract_fingerprints: SHA-256 of the resolved lock of each feed's contract, by feed.
        lock_fingerprint: SHA-256 of `uv.lock`: the versions of all libraries.
        files: every file but the manifest itself, sorted by path.
        deliveries: every delivery it rests on, sorted.
        gate: every check's verdict, in the order of the gate.
        closings: how the collections stood, which pages tell and no table of figures rests on, sorted; none in
            releases of older code.
        explanations: what senders said of their figures, told on pages as closings are, sorted; none in releases of
            older code.
    """

    version: Literal[1] = VERSION
    release_id: str
    created_at: UtcTime
    replaces: str | None = None
    code_version: str
    input_fingerprint: Sha256
    contract_fingerprints: dict[str, Sha256]
    lock_fingerprint: Sha256
    files: Annotated[tuple[ManifestFile, ...], Field(strict=False)]
    deliveries: Annotated[tuple[ManifestDelivery, ...], Field(strict=False)]
    gate: Annotated[tuple[GateVerdict, ...], Field(strict=False)]
    closings: Annotated[tuple[ManifestClosing, ...], Field(strict=False)] = ()
    explanations: Annotated[tuple[ManifestExplanation, ...], Field(strict=False)] = ()

    @field_validator("files")
    @classmethod
    def _files_in_order(cls, files: tuple[ManifestFile, ...]) -> tuple[ManifestFile, ...]:
        if len({file.path for file in files}) < len(files):
            raise ValueError("a file is listed twice: list every path once")
        return tuple(sorted(files, key=lambda file: file.path))

    @field_validator("deliveries")
    @classmethod
    def _deliveries_in_order(cls, deliveries: tuple[ManifestDelivery, ...]) -> tuple[ManifestDelivery, ...]:
        return tuple(sorted(deliveries, key=lambda one: (one.feed, one.period, one.sender, one.delivery_id)))

    @field_validator("closings")
    @classmethod
    def _closings_in_order(cls, closings: tuple[ManifestClosing, ...]) -> tuple[ManifestClosing, ...]:
        return tuple(sorted(closings, key=lambda one: (one.feed, one.period)))

    @field_validator("explanations")
    @classmethod
    def _explanations_in_order(cls, found: tuple[ManifestExplanation, ...]) -> tuple[ManifestExplanation, ...]:
        return tuple(sorted(found, key=lambda one: (one.feed, one.period, one.sender, one.number)))

    def to_bytes(self) -> bytes:
        """Return the manifest as canonical JSON."""
        return canonical_json(cast("Json", self.model_dump(mode="json")))

    @classmethod
    def from_bytes(cls, data: bytes, source: str) -> Manifest:
        """Read a manifest.

        Args:
            data: JSON.
            source: how messages call it, such as its key.

        Raises:
            ManifestError: if it is no manifest, or of another version than this program reads.
        """
        try:
            document = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise ManifestError(
                f"{source} is no JSON: {error}: restore it from an earlier version or a copy"
            ) from error
        version = document.get("version") if isinstance(document, dict) else None
        if version != VERSION:
            raise ManifestError(
                f"{source} is a manifest of version {version!r} and this program reads version {VERSION}: "
                "use the release of Customs Monitor that wrote it, or publish anew with this one"
            )
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise ManifestError(f"{source} is no manifest: {error}") from error


@dataclass(frozen=True, slots=True)
class Problem:
    """One object that is not as its manifest says."""

    kind: Literal["missing", "altered", "extra"]
    key: str
    detail: str


def read_manifest(store: ObjectStore, release_id: str, *, area: FileArea = "release_file") -> Manifest:
    """Read the manifest of a release.

    Raises:
        ObjectNotFound: if there is no such release.
        ManifestError: if it cannot be read.
    """
    key = _manifest_key(Layout.load(), release_id, area)
    return Manifest.from_bytes(store.get(key), f"{store.url}: {key}")


def verify(store: ObjectStore, release: Manifest | str, *, area: FileArea = "release_file") -> list[Problem]:
    """Hash every file of a release again and compare with its manifest.

    Args:
        store: where the release is.
        release: its manifest, or its id; with an id the manifest itself is compared with `latest.json`, if that names
            this release.
        area: the public files or the restricted ones.

    Returns:
        What is missing, altered or extra, sorted by key; empty if all is well.

    Raises:
        ObjectNotFound: if the id has no manifest.
        ManifestError: if its manifest cannot be read.
    """
    layout = Layout.load()
    problems: list[Problem] = []
    if isinstance(release, str):
        key = _manifest_key(layout, release, area)
        data = store.get(key)
        latest = read_latest(store)
        if latest and latest.manifest == key and (found := sha256_of(data)) != latest.sha256:
            problems.append(Problem("altered", key, f"has SHA-256 {found}, latest.json says {latest.sha256}"))
        release = Manifest.from_bytes(data, f"{store.url}: {key}")
    manifest_key = _manifest_key(layout, release.release_id, area)
    folder = layout.prefix(area, release_id=release.release_id)
    listed = {folder + file.path: file for file in release.files}
    present = {info.key: info.size for info in store.list(folder)}
    for key, file in listed.items():
        if key not in present:
            problems.append(Problem("missing", key, f"should have {file.size} bytes"))
        elif present[key] != file.size:
            problems.append(Problem("altered", key, f"has {present[key]} bytes, should have {file.size}"))
        elif (found := _hash(store, key)) != file.sha256:
            problems.append(Problem("altered", key, f"has SHA-256 {found}, should have {file.sha256}"))
    extra = present.keys() - listed.keys() - {manifest_key}
    problems += [Problem("extra", key, "is not in the manifest") for key in extra]
    return sorted(problems, key=lambda problem: problem.key)


def _manifest_key(layout: Layout, release_id: str, area: FileArea) -> str:
    if area == "release_file":
        return layout.key("manifest", release_id=release_id)
    return layout.key(area, release_id=release_id, path="manifest.json")


def _hash(store: ObjectStore, key: str) -> str:
    try:
        with store.open(key) as stream:
            return sha256_of(stream)
    except ChecksumMismatch:
        return "of other bytes than were stored"
