"""Hostile files, hundreds of them: each is answered with the code it deserves, within bounds.

`make test` reads every archive and the first file of each answer, the rigs the others.
"""

from __future__ import annotations

import resource
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from customs_monitor.checking import CheckLimits, CheckPool
from customs_monitor.contracts import Registry
from customs_monitor.intake.archive import is_archive
from customs_storage.hashing import sha256_of
from hostile import archives, disguises, letters, messages, packed, tables, values, workbooks
from hostile.case import Case

_FILES = (
    *tables.CASES,
    *letters.CASES,
    *values.CASES,
    *disguises.CASES,
    *packed.CASES,
    *workbooks.CASES,
    *messages.CASES,
)
#: What the process that asks may grow by while its children read hostile files.
_PARENT_GROWTH = 100 << 20


def _left_to_the_rigs(cases: Iterable[Case]) -> Iterator[str]:
    """Yield the names of the files that `make test` does not read."""
    answered: set[tuple[str, str, str]] = set()
    for case in cases:
        answer = (case.codes, case.feed, Path(case.file).suffix)
        if answer in answered:
            yield case.name
        answered.add(answer)


_LEFT_OUT = frozenset(_left_to_the_rigs(_FILES))


def _codes(found: object) -> str:
    return " ".join(sorted({str(code) for code in found}))  # type: ignore[attr-defined]


def test_the_corpus_is_large_and_its_names_are_unique() -> None:
    cases = [*_FILES, *archives.CASES]
    assert len(cases) >= 600
    assert len({case.name for case in cases}) == len(cases)
    assert all(case.codes == _codes(case.codes.split()) for case in cases)


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case.name, marks=[pytest.mark.rig] * (case.name in _LEFT_OUT)) for case in _FILES],
)
def test_file(case: Case, pool: CheckPool, tmp_path: Path) -> None:
    file, scratch = case.write(tmp_path), tmp_path / "scratch"
    scratch.mkdir()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = pool.check(file, case.feed, scratch, file_name=case.file)
    assert (_codes(count.code for count in result.issue_counts), result.verdict) == (case.codes, case.verdict)
    assert (result.accepted is None) == (case.verdict == "refused")
    assert result.sha256 == sha256_of(file), "the landed bytes are never changed"
    assert result.cost.peak_memory <= CheckLimits().memory
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - grown) * 1024 < _PARENT_GROWTH
    assert {path.name for path in result.reports} >= {"report.json", "report.ess.json", "report.html", "issues.parquet"}


@pytest.mark.parametrize("case", archives.CASES, ids=lambda case: case.name)
def test_archive(case: Case, pool: CheckPool, tmp_path: Path) -> None:
    file, scratch = case.write(tmp_path), tmp_path / "scratch"
    scratch.mkdir()
    assert is_archive(file)
    opened = pool.unpack(file, scratch)
    assert _codes(problem.code for problem in opened.problems) == case.codes
    assert bool(opened.files) == (not case.codes), "an archive is opened whole, or not at all"
    assert all("/" not in found.name and found.path.is_relative_to(scratch) for found in opened.files)
    assert {path.name for path in tmp_path.iterdir()} == {"hostile", "scratch"}, "nothing lies elsewhere"
    assert all(problem.message and problem.cure for problem in opened.problems)


def test_every_member_of_an_archive_has_a_verdict_of_its_own(pool: CheckPool, tmp_path: Path) -> None:
    good, bad = tables.GOOD, tables.GOOD.replace("ENTRY", "NOWHERE")
    (tmp_path / "both.zip").write_bytes(archives.made(("good.csv", good.encode()), ("bad.csv", bad.encode())))
    (tmp_path / "opened").mkdir()
    opened = pool.unpack(tmp_path / "both.zip", tmp_path / "opened")
    verdicts = {}
    for member in opened.files:
        scratch = tmp_path / member.name
        scratch.mkdir()
        assert member.feed == "crc_statistics"
        result = pool.check(member.path, member.feed, scratch, file_name=member.name)
        verdicts[result.file] = result.verdict
    assert verdicts == {"good.csv": "accepted", "bad.csv": "refused"}


def test_every_code_of_archives_has_a_case() -> None:
    codes = {code for case in archives.CASES for code in case.codes.split()}
    assert codes == {code for code in Registry.load().rules if code.startswith("ARCHIVE_")}
