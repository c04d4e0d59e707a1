"""What comes back from the process that judged."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from customs_monitor.contracts.model import EssLevel, Severity
from customs_monitor.validation.judgement import Verdict

#: Whether the processes that parse can reach a network.
Network = Literal["isolated", "not isolated"]


class CheckFailed(RuntimeError):
    """The platform could not judge: its contracts are wrong, the disk is full, no process can be started.

    What a sender can write never raises this; it gives a refused verdict.
    """


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cost(_Record):
    """What a job has used.

    Attributes:
        cpu_seconds: of all its processes.
        wall_seconds: from its start to its end, without the time it waited for a free worker.
        peak_memory: the most anonymous memory that was seen, in bytes.
    """

    cpu_seconds: float
    wall_seconds: float
    peak_memory: int


class RuleIssues(_Record):
    """How often a rule was broken, in issues and in rows."""

    code: str
    rule: str
    severity: Severity
    level: EssLevel
    count: int
    rows: int


class CheckResult(_Record):
    """The verdict on one file, and the files of its report.

    Attributes:
        file: the name that was given, without folders.
        sender, period: from the call, else from the file; `_U` where neither tells.
        received_at: when it was judged (UTC).
        layout: of the contract, against which it was judged.
        fits: whether the file has that layout.
        looks_like: other feeds that have the file's header, where its own has not.
        readable: whether header and records could be read to the end.
        stopped: the code of `rules.yml` where a limit ended the check; None where it went to its end.
        issues: Parquet by `findings.ISSUE_SCHEMA`.
        accepted: Parquet of the accepted rows; None when refused. `accepted_sha256` is its hash.
        reports: `report.json`, `report.ess.json`, `report.html`, `issues.parquet` and the annotated copy. All lie
            in the scratch folder of the call.
        cost: what it took.
    """

    feed: str
    file: str
    sha256: str
    size: int
    delivery_id: str
    sender: str
    period: str
    received_at: datetime
    layout: str
    fits: bool
    looks_like: tuple[str, ...]
    verdict: Verdict
    rows_read: int
    rows_accepted: int
    rows_refused: int
    rows_skipped: int
    issue_counts: tuple[RuleIssues, ...]
    readable: bool
    stopped: str | None = None
    issues: Path
    accepted: Path | None
    accepted_sha256: str | None
    reports: tuple[Path, ...]
    cost: Cost


class UnpackedFile(_Record):
    """One file of an archive, in the scratch folder under a name of ours.

    Attributes:
        name: its name in the archive, without folders; safe to show, not to open.
        path: where it lies.
        feed: the collection whose header it has; None where none or several have it.
    """

    name: str
    path: Path
    size: int
    feed: str | None


class ArchiveProblem(_Record):
    """Why an archive is refused.

    Attributes:
        code: of `rules.yml`.
        member: the name of the file it is about, cut and without control characters; None for the whole archive.
    """

    code: str
    message: str
    cure: str
    member: str | None = None


class Unpacked(_Record):
    """An archive that was opened: its files, or why nothing of it is taken.

    Attributes:
        files: in the order of the archive; empty where there is a problem.
        problems: every problem that was found.
    """

    files: tuple[UnpackedFile, ...]
    problems: tuple[ArchiveProblem, ...]
    cost: Cost
