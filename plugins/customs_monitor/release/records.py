"""The records of a release on its way: candidate, verdicts of the gate, release, and what each step did."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from customs_monitor.collection.records import Record
from customs_storage import ObjectStore
from customs_storage.canonical import canonical_json
from customs_storage.hashing import sha256_of
from customs_storage.manifest import FileArea, GateVerdict, Manifest
from customs_storage.pointer import Latest

#: Where public files are kept, and those that are not public.
AREAS: tuple[FileArea, FileArea] = ("release_file", "restricted_file")


class Candidate(Record):
    """A release that is written and not yet in force.

    Attributes:
        draft: key of the draft of its manifests.
        draft_sha256: of the draft's bytes: what the gate has seen is what is published.
        replaces: the release that was in force when the candidate was begun.
    """

    release_id: str
    run_id: str
    input_fingerprint: str
    draft: str
    draft_sha256: str
    replaces: Latest | None
    files: int
    indicators: int
    deliveries: int


class Draft(Record):
    """The manifests of a candidate, without the verdicts of the gate; `restricted` where anything is not public."""

    public: Manifest
    restricted: Manifest | None

    def to_bytes(self) -> bytes:
        """Return the draft as canonical JSON."""
        return canonical_json(json.loads(self.model_dump_json()))

    @classmethod
    def of(cls, store: ObjectStore, candidate: Candidate) -> Draft:
        """Read the draft of a candidate.

        Raises:
            ObjectNotFound: if it is gone.
            ValueError: if it is not the one the candidate was made with.
        """
        data = store.get(candidate.draft)
        if sha256_of(data) != candidate.draft_sha256:
            raise ValueError(f"{store.url}: {candidate.draft} is not the draft of {candidate.release_id}: build again")
        return cls.model_validate_json(data)

    def of_area(self, area: FileArea) -> Manifest | None:
        """Return the manifest of the public or of the restricted files."""
        return self.public if area == "release_file" else self.restricted


class GateReport(Record):
    """What the gate said of a candidate, check by check."""

    release_id: str
    draft_sha256: str
    verdicts: tuple[GateVerdict, ...]

    @property
    def warnings(self) -> tuple[GateVerdict, ...]:
        """What is to be known and does not stop the release."""
        return tuple(verdict for verdict in self.verdicts if verdict.verdict == "warned")


class Release(Record):
    """A release as the list of releases shows it.

    Attributes:
        state: `in force`; `superseded`: it was; `never in force`: complete, but another one came first or the run
            was killed before the swap.
        synthetic: deliveries that are made up, among `deliveries`.
    """

    release_id: str
    created_at: datetime
    code_version: str
    state: Literal["in force", "superseded", "never in force"]
    replaces: str | None
    files: int
    bytes: int
    deliveries: int
    synthetic: int
    indicators: tuple[str, ...]
    warnings: int


class ReleaseOutcome(Record):
    """What a run did in one step of the release.

    Attributes:
        result: `candidate written`, `nothing new`, `passed`, `published` or `failed`.
        error: why it failed, None if it did not.
    """

    run_id: str
    step: Literal["prepare", "gate", "publish"]
    started_at: datetime
    seconds: dict[str, float]
    result: str
    release_id: str | None = None
    rows: dict[str, int] = Field(default_factory=dict)
    verdicts: Annotated[tuple[GateVerdict, ...], Field(strict=False)] = ()
    error: str | None = None
