"""Files of reports on this machine: objects never change, so that a copy once made stays right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from customs_monitor.portal.dependencies import Services
from customs_monitor.validation.findings import ISSUE_SCHEMA
from customs_monitor.validation.issue_page import IssueFile
from customs_storage.parquet import write_parquet

#: Copies that are kept where objects are no files.
_KEPT = 64
ISSUES = "issues.parquet"
_REPORT = "report.json"


def local_file(services: Services, key: str) -> Path:
    """Return an object as a file, to be read only.

    Raises:
        ObjectNotFound: if there is none.
    """
    own = services.store.local_path(key)
    if own is not None:
        return own
    copy = _place(services, key)
    if copy.is_file():
        copy.touch()
    else:
        services.store.download(key, copy)
    return copy


def issues_of(services: Services, reports: Mapping[str, str]) -> IssueFile | None:
    """Return the issues of a report; None if it has none.

    The report of an archive, whose files have reports of their own, has its few issues in `report.json` alone.

    Args:
        services: of the portal.
        reports: keys of the files by name.
    """
    if ISSUES in reports:
        return IssueFile(local_file(services, reports[ISSUES]))
    if _REPORT not in reports:
        return None
    made = _place(services, f"{reports[_REPORT]}/{ISSUES}")
    if not made.is_file():
        told = json.loads(local_file(services, reports[_REPORT]).read_bytes())["issues"]
        rows = pa.Table.from_pylist([{"fixes": "sender", **issue} for issue in told], schema=ISSUE_SCHEMA)
        with TemporaryDirectory(dir=services.scratch) as folder:
            write_parquet(rows.to_batches(), partial := Path(folder) / ISSUES, ISSUE_SCHEMA)
            partial.replace(made)
    return IssueFile(made)


def _place(services: Services, name: str) -> Path:
    """Return where a copy lies, having made room for it."""
    folder = services.scratch / "reports"
    folder.mkdir(exist_ok=True)
    for old in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)[:-_KEPT]:
        old.unlink(missing_ok=True)  # whoever reads it goes on reading
    return folder / f"{sha256(name.encode()).hexdigest()}{Path(name).suffix}"
