"""One check of an upload: its bytes go to the pool, what comes back is kept as its verdict."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path

from customs_monitor.checking.pool import CheckPool
from customs_monitor.checking.results import CheckResult, Unpacked
from customs_monitor.collection.in_force import current_of
from customs_monitor.collection.records import RuleCount
from customs_monitor.collection.upload_bytes import fetch_file, open_member
from customs_monitor.collection.upload_check import UploadVerdict, keep_verdict
from customs_monitor.collection.uploads import Upload
from customs_monitor.intake.archive import is_archive
from customs_monitor.portal.dependencies import Services
from customs_storage.hashing import sha256_of

#: The layout of an archive, in its verdict.
ARCHIVE = "archive"


def check(services: Services, pool: CheckPool, upload: Upload) -> tuple[UploadVerdict, tuple[Upload, ...]]:
    """Judge a complete upload.

    Args:
        services: the portal's.
        pool: judges.
        upload: a delivery, or an archive of deliveries.

    Returns:
        The verdict that is kept, and the uploads that the members of an archive have become, which are to be checked.

    Raises:
        CheckFailed: if the platform is at fault.
    """
    with tempfile.TemporaryDirectory(dir=services.scratch, prefix="check-") as folder:
        (received := Path(folder) / "received").mkdir()
        file = fetch_file(services.store, services.layout, upload, received)
        if upload.parent is None and not _is_called_workbook(upload) and is_archive(file):
            return _archive(services, pool, upload, file, Path(folder))
        return _delivery(services, pool, upload, file, Path(folder)), ()


def _is_called_workbook(upload: Upload) -> bool:
    """Tell whether a file is sent as a workbook; a damaged one looks like an archive."""
    return upload.file.casefold().endswith((".xlsx", ".xlsm"))


def _delivery(services: Services, pool: CheckPool, upload: Upload, file: Path, folder: Path) -> UploadVerdict:
    previous = _previous(services, upload, upload.period, folder) if upload.period else None
    result = _judged(pool, upload, file, folder / "check", previous)
    if upload.period is None and (previous := _previous(services, upload, result.period, folder)) is not None:
        # Only now is it known what it would replace, and the verdict must be that of the feed's DAG.
        result = _judged(pool, upload, file, folder / "check-again", previous)
    contract_version = services.registry.feeds[upload.feed].version
    verdict = upload_verdict(upload, result, contract_version, services.now())
    return keep_verdict(services.store, services.layout, upload, verdict, result.reports, result.accepted)


def upload_verdict(upload: Upload, result: CheckResult, contract_version: str, checked_at: datetime) -> UploadVerdict:
    """Return what is kept of the check of an upload."""
    return UploadVerdict(
        feed=upload.feed,
        period=result.period,
        sender=upload.sender,
        verdict=result.verdict,
        contract_version=contract_version,
        layout=result.layout,
        fits=result.fits,
        looks_like=result.looks_like,
        readable=result.readable,
        rows_read=result.rows_read,
        rows_accepted=result.rows_accepted,
        rows_refused=result.rows_refused,
        rows_skipped=result.rows_skipped,
        issues=tuple(
            RuleCount(code=one.code, rule=one.rule, severity=one.severity, level=one.level, count=one.count)
            for one in result.issue_counts
        ),
        sha256=result.sha256,
        accepted_sha256=result.accepted_sha256,
        checked_at=checked_at,
    )


def _judged(pool: CheckPool, upload: Upload, file: Path, scratch: Path, previous: Path | None) -> CheckResult:
    scratch.mkdir()
    return pool.check(
        file, upload.feed, scratch, sender=upload.sender, period=upload.period, file_name=upload.file, previous=previous
    )


def _previous(services: Services, upload: Upload, period: str, folder: Path) -> Path | None:
    contract = services.registry.feeds[upload.feed]
    last = current_of(services.store, services.layout, contract, period, upload.sender)
    # What was made up is no measure of what is real.
    if last is None or last.receipt.synthetic:
        return None
    return services.store.local_path(last.key) or services.store.download(last.key, folder / "previous.parquet")


def _archive(
    services: Services, pool: CheckPool, upload: Upload, file: Path, folder: Path
) -> tuple[UploadVerdict, tuple[Upload, ...]]:
    (scratch := folder / "unpacked").mkdir()
    unpacked = pool.unpack(file, scratch)
    members = tuple(
        open_member(services.store, services.layout, upload, one.name, one.feed or upload.feed, upload.period, one.path)
        for one in unpacked.files
    )
    sha256 = sha256_of(file)
    report = folder / "report.json"
    report.write_text(json.dumps(_report(upload, sha256, unpacked), ensure_ascii=False, indent=2), encoding="utf-8")
    verdict = UploadVerdict(
        feed=upload.feed,
        period=upload.period or "_U",
        sender=upload.sender,
        verdict="refused" if unpacked.problems else "accepted",
        contract_version=services.registry.feeds[upload.feed].version,
        layout=ARCHIVE,
        fits=not unpacked.problems,
        readable=not unpacked.problems,
        rows_read=0,
        rows_accepted=0,
        rows_refused=0,
        rows_skipped=0,
        issues=tuple(
            RuleCount(
                code=code,
                rule=ARCHIVE,
                severity="error",
                level=0,
                count=sum(problem.code == code for problem in unpacked.problems),
            )
            for code in sorted({problem.code for problem in unpacked.problems})
        ),
        sha256=sha256,
        accepted_sha256=None,
        members=tuple(member.upload_id for member in members),
        checked_at=services.now(),
    )
    return keep_verdict(services.store, services.layout, upload, verdict, [report]), members


def _report(upload: Upload, sha256: str, unpacked: Unpacked) -> dict[str, object]:
    """Return the report of an archive, in the structure of a delivery's."""
    return {
        "feed": upload.feed,
        "file": upload.file,
        "sha256": sha256,
        "sender": upload.sender,
        "period": upload.period or "_U",
        "verdict": "refused" if unpacked.problems else "accepted",
        "rows": {"read": 0, "accepted": 0, "refused": 0},
        "issues": [
            {
                "code": problem.code,
                "rule": ARCHIVE,
                "severity": "error",
                "level": 0,
                "line": None,
                "column": None,
                "value": problem.member,
                "message": problem.message,
                "cure": problem.cure,
            }
            for problem in unpacked.problems
        ],
    }
