"""Every kind of bad input gets a verdict, a place and a cure, and nothing of it is lost.

Each kind goes through `customs-monitor check`, as its sender would send it, and all of them together through the
pipeline, beside a good delivery that must come out unharmed.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from customs_monitor.cli import app
from customs_monitor.collection.claims import Unclaimed
from customs_monitor.collection.in_force import in_force
from customs_monitor.collection.inbox import Inbox, look_through
from customs_monitor.collection.landing import receipts
from customs_monitor.collection.verdicts import judgements
from customs_monitor.contracts import Registry
from customs_storage import open_store
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout
from support.collection import RATES, SURVEY, Collection
from support.command import CUSTOMS_MONITOR

GIB = 1 << 30
MIB = 1 << 20


@dataclass(frozen=True)
class Bad:
    """A bad delivery and what its sender has to be told.

    Attributes:
        kind: the kind, in words; also the name of the case.
        content: the bytes.
        code: of the issue that is about this kind.
        cure: words of its cure.
        line, column: its place; None where a fault has no line (of an empty file) or no column.
        verdict: of the delivery.
        feed, name: whose it is meant to be, under which name.
    """

    kind: str
    content: bytes
    code: str
    cure: str
    line: int | None = None
    column: str | None = None
    verdict: str = "refused"
    feed: str = "survey_results"
    name: str = "survey.csv"


def survey(change: Callable[[list[str]], list[str]]) -> bytes:
    """Return the survey's delivery with every record changed."""
    records = [line.split(",") for line in SURVEY.splitlines()]
    return "".join(",".join(change(record)) + "\n" for record in records).encode()


def workbook() -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["CN2023", "CN2024"])
    for number in range(500):
        book.active.append([f"01{number:06d}", f"02{number:06d}"])
    book.save(file)
    return file.getvalue()


#: Stored, not deflated: where it breaks off does not depend on the library that packs it.
RATES_GZ = gzip.compress((RATES + "".join(f"2022-01-{day:02d},1.1,130,\n" for day in range(3, 8))).encode(), 0)

BAD = (
    Bad("empty file", b"", "FILE_EMPTY", "Export the data again"),
    Bad("blank lines only", b"\n \r\n\n", "FILE_EMPTY", "Export the data again"),
    Bad("header only", SURVEY.splitlines()[0].encode() + b"\n", "HEADER_ONLY", "nil return", line=1),
    Bad(
        "wrong delimiter",
        RATES.replace(",", ";").encode(),
        "DELIMITER_MISMATCH",
        "with ',' between the columns",
        line=1,
        feed="exchange_rates",
        name="eurofxref-hist.csv",
    ),
    Bad(
        "wrong encoding",
        b"\xef\xbb\xbf" + SURVEY.replace("2.4.3.7", "§ 2.4.3.7", 2).encode().replace(b"2.4.3.7\n", b"2.4\xff.7\n", 1),
        "ENCODING_INVALID",
        "UTF-8",
        line=2,
    ),
    Bad("UTF-16 without a mark", SURVEY.encode("utf-16-le"), "NUL_BYTE", "Save the table as UTF-8 text", line=1),
    Bad(
        "truncated gz",
        RATES_GZ[:-60],
        "GZIP_TRUNCATED",
        "Send the file again",
        line=6,
        feed="exchange_rates",
        name="eurofxref-hist.csv.gz",
    ),
    Bad(
        "truncated xlsx",
        workbook()[:4000],
        "ZIP_TRUNCATED",
        "Send the file again",
        feed="nomenclature",
        name="CN2023_CN2024.xlsx",
    ),
    Bad(
        "duplicate keys",
        SURVEY.encode() + b"2018-2020,o4-3,_Z,4,9,26,2.4.3.7\n",
        "DUPLICATE_KEY",
        "Send one row only",
        line=7,
        column="cycle, question_id, item, category",
    ),
    Bad(
        "a column too many",
        survey(lambda record: [*record, "remark" if record[0] == "cycle" else "none"]),
        "COLUMN_UNKNOWN",
        "Delete the column",
        column="remark",
        verdict="accepted_with_warnings",
    ),
    Bad(
        "a value too many",
        SURVEY.replace(",14,26,2.4.3.7", ",14,26,2.4.3.7,2").encode(),
        "RECORD_TOO_MANY_FIELDS",
        "one field per column",
        line=4,
    ),
    Bad(
        "a column too few",
        survey(lambda record: record[:-1]),
        "COLUMN_MISSING",
        "Add the column source",
        column="source",
    ),
    Bad(
        "a column of the key too few",
        survey(lambda record: record[1:]),
        "COLUMN_MISSING",
        "Add the column cycle",
        column="cycle",
    ),
    Bad(
        "a value too few",
        SURVEY.replace(",14,26,2.4.3.7", ",14,26").encode(),
        "RECORD_TOO_FEW_FIELDS",
        "one field per column",
        line=4,
    ),
    Bad(
        "a column renamed",
        SURVEY.replace("category", "categorie").encode(),
        "COLUMN_MISSING",
        "the column categorie looks like it under another name",
        column="category",
    ),
    Bad(
        "another feed's file",
        RATES.encode(),
        "LAYOUT_UNKNOWN",
        "It looks like a file of the feed exchange_rates: send it under that feed, in the folder exchange_rates",
        name="eurofxref-hist.csv",
    ),
    Bad(
        "nobody's file",
        b"name,age\nx,1\n",
        "LAYOUT_UNKNOWN",
        "Send a file with the columns cycle, question_id",
    ),
    Bad(
        "a thousand separator in a whole number",
        SURVEY.replace(",14,26", ',"1,014",26').encode(),
        "TYPE_INTEGER",
        "without thousand separators",
        line=4,
        column="respondents",
    ),
    Bad(
        "a thousand separator in a decimal",
        RATES.replace("156.33", '"1,156.33"').encode(),
        "TYPE_DECIMAL",
        "without thousand separators",
        line=2,
        column="JPY",
        verdict="accepted_with_warnings",
        feed="exchange_rates",
        name="eurofxref-hist.csv",
    ),
    Bad(
        "a period in the future",
        SURVEY.replace("2018-2020", "2096-2098").encode(),
        "PERIOD_FUTURE",
        "Check the period",
        line=2,
        column="cycle",
    ),
    Bad(
        "an unknown code",
        SURVEY.replace(",4,11", ",9,11").encode(),
        "CODE_UNKNOWN",
        "Look the code up in the list survey_category",
        line=5,
        column="category",
    ),
    Bad("a picture renamed .csv", b"\x89PNG\r\n\x1a\n" + bytes(200), "NOT_TEXT", "exported as CSV", line=1),
    Bad("a workbook renamed .csv", workbook(), "NOT_TEXT", "save the sheet with the table as CSV", line=1),
    Bad("bytes renamed .csv", bytes(range(256)), "NUL_BYTE", "Save the table as UTF-8 text", line=1),
    Bad("a web page", b"<!DOCTYPE html><html><body>503</body></html>", "FORMAT_MISMATCH", "Download the data", line=1),
    Bad(
        "a quote that is not closed",
        SURVEY.replace(",14,26", ',"14,26').encode(),
        "QUOTE_NOT_CLOSED",
        "Close the quote",
        line=4,
    ),
    Bad(
        "a program's formula for a figure",
        SURVEY.replace(",14,26", ",=7+7,26").encode(),
        "TYPE_INTEGER",
        "Write digits only",
        line=4,
        column="respondents",
    ),
)


def check(path: Path, feed: str, *more: str) -> tuple[int, dict[str, Any]]:
    """Run `customs-monitor check --format json` in this process; return exit code and report."""
    answer = CliRunner().invoke(app, ["check", str(path), "--feed", feed, "--format", "json", *more])
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer.exit_code, json.loads(answer.stdout)


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.kind)
def test_the_sender_is_told_what_is_wrong_where_and_what_to_do(bad: Bad, tmp_path: Path) -> None:
    path = tmp_path / bad.name
    path.write_bytes(bad.content)
    exit_code, report = check(path, bad.feed)
    assert report["verdict"] == bad.verdict
    assert exit_code == (1 if bad.verdict == "refused" else 0)
    assert report["sha256"] == sha256_of(path)
    about = [issue for issue in report["issues"] if issue["code"] == bad.code]
    assert about, [(issue["code"], issue["message"]) for issue in report["issues"]]
    assert (bad.line, bad.column) in [(issue["line"], issue["column"]) for issue in about]
    for issue in report["issues"]:
        assert issue["message"]
        assert issue["cure"]
        assert "{" not in issue["message"] + issue["cure"], "a placeholder was not filled"
    assert all(bad.cure in issue["cure"] for issue in about)
    rows = report["rows"]
    assert rows["accepted"] == 0 if bad.verdict == "refused" else rows["accepted"] > 0


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("columns in another order", survey(lambda record: record[::-1])),
        ("column names in capitals", SURVEY.replace("cycle,", "CYCLE,", 1).encode()),
        ("another delimiter where the contract names none", SURVEY.replace(",", ";").encode()),
        ("UTF-16 with its mark", SURVEY.encode("utf-16")),
        ("Windows-1252", SURVEY.replace("2.4.3.7", "§ 2.4.3.7").encode("windows-1252")),
        ("a byte order mark and CRLF", b"\xef\xbb\xbf" + SURVEY.replace("\n", "\r\n").encode()),
        ("gzipped", gzip.compress(SURVEY.encode())),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_only_written_otherwise_is_accepted(kind: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "survey.csv"
    path.write_bytes(content)
    exit_code, report = check(path, "survey_results")
    assert (exit_code, report["verdict"], report["issues"]) == (0, "accepted", [])
    assert report["rows"] == {"read": 5, "accepted": 5, "refused": 0}


@pytest.mark.parametrize(
    ("header", "size"),
    [
        pytest.param(SURVEY.splitlines()[0] + "\n", GIB, id="after a header"),
        # Nothing past the first MiB is looked at, so that more would tell no more.
        pytest.param("", 64 * MIB, id="instead of a header"),
    ],
)
def test_a_line_of_a_gibibyte_is_refused_in_bounded_memory(header: str, size: int, tmp_path: Path) -> None:
    path = tmp_path / "survey.csv"
    with path.open("wb") as file:
        file.write(header.encode())
        for _ in range(size // (64 * MIB)):
            file.write(b"x" * (64 * MIB))
    try:
        command = [*CUSTOMS_MONITOR, "check", str(path), "--feed", "survey_results", "--format", "json"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tmp_path)
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        path.unlink()
    assert process.returncode == 1
    report = json.loads(output)
    assert report["verdict"] == "refused"
    (issue,) = report["issues"]
    assert issue["code"] == "RECORD_TOO_LONG"
    assert issue["line"] == (2 if header else 1)
    assert issue["cure"] == "Check the line ends of the file."
    assert usage.ru_maxrss * 1024 < 768 * MIB, f"{usage.ru_maxrss / 1024:.0f} MiB for one line"


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    """A collection into which every bad file and two good ones came, in one run of each feed."""
    folder = tmp_path_factory.mktemp("bad-input")
    for part in ("inbox", "scratch"):
        (folder / part).mkdir()
    store = open_store((folder / "store").as_uri())
    found = Collection(store, Layout.load(), Registry.load(), folder / "inbox", folder / "scratch")
    for number, bad in enumerate(BAD):
        stem, dot, suffix = bad.name.partition(".")
        found.deliver(f"{bad.feed}/{stem}-{number:02d}{dot}{suffix}", bad.content)
    found.deliver("survey_results/aaa-good.csv", SURVEY)
    found.deliver("exchange_rates/eurofxref-good.csv", RATES)
    found.deliver("nowhere/good.csv", SURVEY)
    found.deliver("lying_about.csv", SURVEY)
    for feed in ("survey_results", "exchange_rates", "nomenclature"):
        found.run(feed)
    return found


def test_every_file_is_landed_as_it_came_with_a_verdict(collected: Collection) -> None:
    sent = {
        (path.parent.name, sha256_of(path), path.name)
        for path in sorted(collected.inbox.rglob("*"))
        if path.is_file() and path.parent.name in collected.registry.feeds
    }
    kept: set[tuple[str, str, str]] = set()
    for feed in ("survey_results", "exchange_rates", "nomenclature"):
        verdicts = {item.delivery_id: item for item in judgements(collected.store, collected.layout, feed)}
        for receipt in receipts(collected.store, collected.layout, feed=feed):
            place = receipt.model_dump(include={"feed", "period", "sender", "delivery_id"})
            key = collected.layout.key("landing", **place, name=receipt.file)
            assert sha256_of(collected.store.get(key)) == receipt.sha256
            kept.add((feed, receipt.sha256, receipt.file))
            assert receipt.delivery_id in verdicts
    assert kept == sent
    assert len(sent) == len(BAD) + 2


def test_a_refused_delivery_keeps_its_report_and_its_annotated_copy(collected: Collection) -> None:
    store, layout = collected.store, collected.layout
    for feed in ("survey_results", "exchange_rates", "nomenclature"):
        for judgement in judgements(store, layout, feed):
            if judgement.verdict == "accepted":
                continue
            place = judgement.model_dump(include={"feed", "period", "sender", "delivery_id"})
            report = json.loads(store.get(layout.key("rejected", **place, name="report.json")))
            assert report["verdict"] == judgement.verdict
            assert len(report["issues"]) == sum(rule.count for rule in judgement.issues) > 0
            page = store.get(layout.key("rejected", **place, name="report.html")).decode()
            assert report["issues"][0]["code"] in page


def test_bad_deliveries_leave_the_good_ones_in_force(collected: Collection) -> None:
    counting = {item.receipt.file for item in in_force(collected.store, collected.layout, collected.registry)}
    accepted = {
        f"{bad.name.partition('.')[0]}-{number:02d}.csv"
        for number, bad in enumerate(BAD)
        if bad.verdict != "refused" and bad.feed == "exchange_rates"
    }
    # The survey's delivery with a column too many has the same period and arrived last: it supersedes the good one.
    (superseding,) = [
        f"survey-{number:02d}.csv"
        for number, bad in enumerate(BAD)
        if bad.verdict != "refused" and bad.feed == "survey_results"
    ]
    assert counting == {superseding, "eurofxref-good.csv", *accepted}


def test_files_that_are_nobodys_are_named_with_what_to_do(collected: Collection) -> None:
    found = look_through([Inbox.open(str(collected.inbox))], collected.registry, collected.scratch)
    assert {file.name: decision for file, decision in found.unclaimed} == {
        "lying_about.csv": Unclaimed("it lies in no folder: put it in the folder of its feed"),
        "nowhere/good.csv": Unclaimed("no contract names the folder nowhere"),
    }


def test_the_same_file_twice_counts_once_and_other_bytes_under_its_name_supersede_it(tmp_path: Path) -> None:
    for part in ("inbox", "scratch"):
        (tmp_path / part).mkdir()
    store = open_store((tmp_path / "store").as_uri())
    collection = Collection(store, Layout.load(), Registry.load(), tmp_path / "inbox", tmp_path / "scratch")
    collection.deliver("survey_results/survey.csv", SURVEY)
    collection.deliver("survey_results/survey (copy).csv", SURVEY)
    landed, judged = collection.run("survey_results")
    assert (landed.seen, len(landed.landed), len(judged.deliveries)) == (2, 1, 1)
    mended = SURVEY.replace(",3,14,", ",3,13,").replace(",4,11,", ",4,12,")
    collection.deliver("survey_results/survey.csv", mended)
    collection.run("survey_results")
    kept = {store.get(key) for key in collection.objects("landing/") if key.endswith("survey.csv")}
    assert mended.encode() in kept
    (counting,) = in_force(store, collection.layout, collection.registry)
    assert counting.receipt.sha256 == sha256_of(mended.encode())
    assert counting.receipt.sequence == 2


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (["check", "nothing.csv", "--feed", "survey_results"], 2, "nothing.csv"),
        (["check", "survey.csv", "--feed", "no_such_feed"], 2, "there is no feed no_such_feed"),
        (["check", "survey.csv", "--feed", "survey_results", "--format", "json"], 1, '"FILE_EMPTY"'),
    ],
)
def test_the_command_tells_a_wrong_call_from_wrong_data(
    arguments: list[str], exit_code: int, words: str, tmp_path: Path
) -> None:
    (tmp_path / "survey.csv").touch()
    command = [*CUSTOMS_MONITOR, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == exit_code, done.stderr
    assert words in done.stdout + done.stderr
