"""The work of a child: judge, open an archive, or write the report of a check that was stopped."""

from __future__ import annotations

import errno
import importlib
import os
import signal
import tempfile
import traceback
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from customs_monitor.checking.isolation import die_with, limit_resources
from customs_monitor.checking.jobs import COMPLAINTS, FAILURE, RESULT, Failure, Job, Stop
from customs_monitor.checking.limits import CheckLimits
from customs_monitor.checking.results import CheckResult, Cost, RuleIssues, Unpacked
from customs_monitor.checking.unpacking import unpack
from customs_monitor.collection.preflight import Preflight, preflight, refuse
from customs_monitor.contracts import Project, Registry
from customs_monitor.contracts.documents import DocumentError
from customs_monitor.intake.excel import bound_workbooks
from customs_monitor.validation.references import ContractSqlError
from customs_monitor.validation.report_html import page_template
from customs_monitor.validation.session import bound_sessions
from customs_storage.hashing import sha256_of

#: What libraries import when they are first used: a second of processor time in every child.
_USED_LATER = ("pandas", "pyarrow.dataset", "pyarrow.csv", "pyarrow.parquet", "openpyxl", "jinja2")
#: The part of a job's memory that the session may take, beside Arrow, Python, and a process that reads a workbook.
_SESSION_SHARE = 0.4
#: The part that a process may take that reads a workbook: it is told by it, in the reader's words, before the job is.
_WORKBOOK_SHARE = 0.8
_NO_COST = Cost(cpu_seconds=0, wall_seconds=0, peak_memory=0)


def load() -> Registry:
    """Load what every job needs, and the lists of the collections; the children share it."""
    for name in _USED_LATER:
        importlib.import_module(name)
    page_template()
    registry = Registry.load(Project.locate())
    assert registry.rules
    for contract in registry.collections.values():
        for concept in (registry.concepts[column.name] for column in contract.schema_.properties):
            if concept.codelist:
                assert registry.codelists[concept.codelist].by_code
            if concept.aliases:
                assert registry.aliases(concept.aliases)
    return registry


def do(job: Job, registry: Registry, limits: CheckLimits, parent: int, tasks: int) -> None:
    """Do a job and leave its result in its folder; never returns.

    Args:
        job: the job.
        registry: the contracts.
        limits: what it may cost.
        parent: the process that has forked this one.
        tasks: processes and threads of the user at that time.
    """
    _settle_in(job, limits, parent, tasks)
    try:
        result = answer(job, registry, limits)
        _write(job.folder / RESULT, result.model_dump_json())
    except BaseException as error:
        stop = stop_for(error)
        failure = Failure(stop=stop, text=traceback.format_exc())
        # There may be no memory left for more than this.
        _write(job.folder / FAILURE, failure.model_dump_json())
        os._exit(1)
    os._exit(0)


def stop_for(error: BaseException) -> Stop | None:
    """Tell which limit an error comes from; None where the platform is at fault."""
    if isinstance(error, MemoryError | duckdb.OutOfMemoryException | pa.ArrowMemoryError):
        return "CHECK_NEEDS_MEMORY"
    if isinstance(error, DocumentError | ContractSqlError):
        return None
    text = str(error)
    if isinstance(error, OSError):
        # DuckDB gives some of its errors as this one, without a number.
        if error.errno == errno.ENOSPC or "No space left on device" in text:
            return None
        if error.errno == errno.ENOMEM or "Out of Memory" in text or "Cannot allocate memory" in text:
            return "CHECK_NEEDS_MEMORY"
        if error.errno == errno.EFBIG or "File too large" in text:
            return "CHECK_NEEDS_SPACE"
    return "CHECK_BROKE_OFF"


def _settle_in(job: Job, limits: CheckLimits, parent: int, tasks: int) -> None:
    """Turn a copy of the zygote into the process of one job."""
    for number in (signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    die_with(parent)
    os.chdir(job.folder)
    os.umask(0o077)
    nothing = os.open(os.devnull, os.O_RDWR)
    complaints = os.open(COMPLAINTS, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.dup2(complaints, 2)
    os.closerange(3, max(nothing, complaints) + 1)
    working = job.folder / "tmp"
    working.mkdir()
    os.environ["TMPDIR"] = str(working)
    tempfile.tempdir = None
    limit_resources(limits, tasks)
    bound_workbooks(int(limits.memory * _WORKBOOK_SHARE))
    bound_sessions(memory=int(limits.memory * _SESSION_SHARE), threads=limits.threads, spilled=limits.scratch_bytes)


def answer(job: Job, registry: Registry, limits: CheckLimits) -> CheckResult | Unpacked:
    """Do a job in this process, whatever may become of it.

    Args:
        job: the job.
        registry: the contracts.
        limits: what may be taken out of an archive; the process is not bounded here.
    """
    if job.kind == "unpack":
        return unpack(job.file, job.folder, registry, limits)
    contract = registry.feeds[job.feed]
    scratch = job.folder / "judged"
    scratch.mkdir()
    judge = partial(preflight, previous=job.previous) if job.stop is None else partial(refuse, code=job.stop)
    found = judge(
        job.file,
        contract,
        registry,
        scratch,
        sender=job.sender,
        period=job.period,
        name=job.file_name or job.file.name,
        received_at=job.received_at,
    )
    return _checked(found, job)


def _checked(found: Preflight, job: Job) -> CheckResult:
    delivery, judgement = found.delivery, found.judgement
    return CheckResult(
        feed=delivery.feed,
        file=delivery.file_name,
        sha256=delivery.sha256,
        size=found.source.stat().st_size,
        delivery_id=delivery.delivery_id,
        sender=delivery.sender,
        period=delivery.period,
        received_at=delivery.received_at,
        layout=found.layout.id,
        fits=found.fits,
        looks_like=delivery.looks_like,
        verdict=judgement.verdict,
        rows_read=judgement.rows_read,
        rows_accepted=judgement.rows_accepted,
        rows_refused=judgement.rows_refused,
        rows_skipped=judgement.rows_skipped,
        issue_counts=tuple(
            RuleIssues(
                code=count.code,
                rule=count.rule,
                severity=count.severity,
                level=count.level,
                count=count.count,
                rows=count.rows,
            )
            for count in judgement.issue_counts
        ),
        readable=judgement.readable,
        stopped=job.stop,
        issues=judgement.issues,
        accepted=judgement.accepted,
        accepted_sha256=sha256_of(judgement.accepted) if judgement.accepted is not None else None,
        reports=tuple(found.write(job.folder / "reports")),
        cost=_NO_COST,
    )


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
