"""What the portal does after it has answered is found in the store: whatever a process leaves, another finishes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from customs_monitor.checking.pool import CheckPool
from customs_monitor.collection.judging import judge_waiting
from customs_monitor.collection.life import life_of
from customs_monitor.collection.records import Place
from customs_monitor.collection.sending import confirm, sent_of
from customs_monitor.collection.signing import signing_key
from customs_monitor.collection.upload_bytes import keep_file
from customs_monitor.collection.upload_check import UploadVerdict, verdict_of
from customs_monitor.collection.uploads import Upload, open_upload, uploads_of
from customs_monitor.portal.jobs import Jobs
from support.portal import Portal
from support.uploading import FEED, PERIOD, statistics

PLACE = Place(FEED, PERIOD, "DE")


@pytest.fixture(scope="module", name="pool")
def pool_fixture() -> Iterator[CheckPool]:
    with CheckPool(1) as pool:
        yield pool


@pytest.fixture(name="jobs")
def jobs_fixture(portal: Portal, pool: CheckPool, tmp_path: Path) -> Jobs:
    services, runs = portal.services, iter(range(100))

    def judge(feed: str) -> object:
        number = next(runs)
        (scratch := tmp_path / f"judge-{number}").mkdir()
        return judge_waiting(services.store, services.layout, services.registry, feed, f"run-{number}", scratch)

    return Jobs(services, pool, signing_key(services.settings.home), judge)


def uploaded(portal: Portal, content: bytes, name: str = "Q3.csv", **fields: object) -> Upload:
    services = portal.services
    upload = open_upload(
        services.store, services.layout, sender="DE", feed=FEED, file=name, user="anna", now=portal.clock, **fields
    )  # type: ignore[arg-type]
    keep_file(services.store, services.layout, upload, content)
    return upload


def verdict(portal: Portal, upload: Upload) -> UploadVerdict:
    found = verdict_of(portal.services.store, portal.services.layout, upload)
    assert found
    return found


def test_an_upload_is_checked_and_goes_no_further_by_itself(portal: Portal, jobs: Jobs) -> None:
    upload = uploaded(portal, statistics())
    jobs.sweep()
    assert verdict(portal, upload).verdict == "accepted"
    assert verdict(portal, upload).period == PERIOD
    assert sent_of(portal.services.store, portal.services.layout, upload) is None
    assert portal.services.store.head(f"landing/{FEED}") is None


@pytest.mark.parametrize("content", [statistics(), b"nonsense\n"], ids=["good", "bad"])
def test_what_is_confirmed_becomes_a_delivery_with_a_verdict_and_an_acknowledgement(
    portal: Portal, jobs: Jobs, content: bytes
) -> None:
    services = portal.services
    upload = uploaded(portal, content, period=PERIOD)
    confirm(services.store, services.layout, upload, "anna", portal.clock)
    jobs.sweep()
    (delivery,) = life_of(services.store, services.layout, services.registry, PLACE)
    assert delivery.state == verdict(portal, upload).verdict
    names = {info.key.rpartition(".")[2] for info in services.store.list(f"acknowledgements/{FEED}/{PERIOD}/DE/")}
    assert names == {"json", "pdf"}


def test_the_intent_to_send_needs_no_further_word(portal: Portal, jobs: Jobs) -> None:
    upload = uploaded(portal, statistics(), intent="send")
    jobs.sweep()
    sent = sent_of(portal.services.store, portal.services.layout, upload)
    assert sent
    assert sent.user == "anna"


def test_the_verdict_knows_what_the_delivery_would_replace(portal: Portal, jobs: Jobs) -> None:
    uploaded(portal, statistics(), intent="send")
    jobs.sweep()
    halved = statistics().rpartition(b"\r\n2026-Q3,DE,EXIT")[0] + b"\r\n"
    told, untold = uploaded(portal, halved, period=PERIOD), uploaded(portal, halved)
    jobs.sweep()
    assert verdict(portal, told).issues == verdict(portal, untold).issues
    assert verdict(portal, told).issues, "half of the rows are gone: somebody should ask"


def test_the_files_of_an_archive_are_uploads_of_their_own(portal: Portal, jobs: Jobs) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("q3.csv", statistics())
        archive.writestr("q2.csv", statistics(period="2026-Q2"))
    upload = uploaded(portal, packed.getvalue(), "all.zip", intent="send")
    jobs.sweep()
    assert len(verdict(portal, upload).members) == 2
    states = {
        status.upload.file: status.state for status in uploads_of(portal.services.store, portal.services.layout, "DE")
    }
    assert states == {"all.zip": "checked", "q2.csv": "sent", "q3.csv": "sent"}


def test_an_archive_that_is_refused_says_why(portal: Portal, jobs: Jobs) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../q3.csv", statistics())
    upload = uploaded(portal, packed.getvalue(), "all.zip")
    jobs.sweep()
    assert verdict(portal, upload).verdict == "refused"
    assert [issue.severity for issue in verdict(portal, upload).issues] == ["error"]
    report = portal.services.store.get(portal.services.layout.key("upload_report", **upload.fields, name="report.json"))
    assert b"q3.csv" in report


def test_a_job_that_fails_keeps_no_other_from_its_own(
    portal: Portal, jobs: Jobs, monkeypatch: pytest.MonkeyPatch, pool: CheckPool
) -> None:
    first, second = uploaded(portal, statistics(hits=80)), uploaded(portal, statistics())
    original = pool.check

    def failing(file: Path, *arguments: object, **named: object) -> object:
        if b",80," in file.read_bytes():
            raise RuntimeError("a defect of ours")
        return original(file, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(pool, "check", failing)
    jobs.sweep()
    assert verdict(portal, second)
    assert verdict_of(portal.services.store, portal.services.layout, first) is None
    monkeypatch.undo()
    jobs.sweep()
    assert verdict_of(portal.services.store, portal.services.layout, first) is None, "the claim has not run out"
    portal.clock.pass_by(minutes=5)
    jobs.sweep()
    assert verdict(portal, first)
