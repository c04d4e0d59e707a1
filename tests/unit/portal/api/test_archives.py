"""A zip of several files of several collections, given by a machine and by the form: every file has its own verdict."""

from __future__ import annotations

import re
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from customs_monitor.client.portal import PortalClient
from customs_monitor.intake.archive import is_archive
from customs_monitor.portal.jobs import Jobs
from hostile.archives import made
from hostile.workbook_parts import book
from support.portal import Portal
from support.uploading import FEED, statistics

_BAD = statistics(period="2026-Q2").replace(b"ENTRY", b"SIDEWAYS")
_OTHER = "crc_combination_statistics"


_COMBINED = (
    b"reference_period,member_state,movement,crc_codes,automated_hits,hits_after_assessment,conf_status\n"
    b"2026-Q3,DE,ENTRY,CRC08+CRC14,226,128,F\n"
)
MIXED = made(
    ("Q3.csv", statistics()),
    ("2026/second quarter/Q2.csv", _BAD),
    ("combined.csv", _COMBINED),
    ("readme.txt", b"for the colleagues in Brussels\n"),
    ("__MACOSX/._Q3.csv", b"\0\5\x16\7"),
)
#: By the name of the file: collection and verdict. Folders of the archive are no part of a name.
EACH = {
    "Q3.csv": (FEED, "accepted"),
    "Q2.csv": (FEED, "refused"),
    "combined.csv": (_OTHER, "accepted"),
    "readme.txt": (FEED, "refused"),
}
REFUSED = {
    "nested": (made(("Q3.csv", statistics()), ("more.zip", made(("Q2.csv", statistics())))), "ARCHIVE_NESTED"),
    "a way out": (made(("Q3.csv", statistics()), ("../../etc/Q2.csv", statistics())), "ARCHIVE_NAME"),
    "a drive": (made(("Q3.csv", statistics()), ("C:\\temp\\Q2.csv", statistics())), "ARCHIVE_NAME"),
    "an absolute path": (made(("/etc/Q3.csv", statistics())), "ARCHIVE_NAME"),
    "two of one name": (made(("a/Q3.csv", statistics()), ("b/q3.CSV", statistics())), "ARCHIVE_DUPLICATE_NAME"),
}


@pytest.fixture(name="client")
def client_fixture(portal: Portal, machine, jobs: Jobs):
    token = str(machine().headers["Authorization"].removeprefix("Bearer "))
    transport = portal.anybody()._transport
    with PortalClient(
        portal.services.settings.url, token, transport=transport, pause=lambda _: jobs.sweep()
    ) as connected:
        yield connected


def uploaded(client: PortalClient, folder: Path, content: bytes) -> dict[str, object]:
    (file := folder / "all.zip").write_bytes(content)
    return client.wait(client.upload(file, FEED)["upload_id"])


def test_a_machine_gets_a_verdict_on_each_file(client: PortalClient, tmp_path: Path) -> None:
    archive = uploaded(client, tmp_path, MIXED)
    members = [client.wait(member) for member in archive["members"]]  # type: ignore[attr-defined]
    assert {one["file"]: (one["collection"], one["verdict"]["verdict"]) for one in members} == EACH
    for one in members:
        codes = {issue["code"] for issue in client.issues(one["upload_id"])}
        assert bool(codes) == (one["verdict"]["verdict"] == "refused")
        assert (b'"verdict": "refused"' in client.report(one["upload_id"], "report.json")) == bool(codes)
    assert archive["verdict"]["verdict"] == "accepted"  # type: ignore[index]


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_clean_archive_is_refused_whole_and_says_which_file(
    client: PortalClient, tmp_path: Path, what: str
) -> None:
    content, code = REFUSED[what]
    archive = uploaded(client, tmp_path, content)
    assert (archive["verdict"]["verdict"], archive["members"]) == ("refused", [])  # type: ignore[index]
    (issue,) = client.issues(str(archive["upload_id"]))
    assert issue["code"] == code
    assert issue["value"].casefold().endswith((".csv", "more.zip"))
    assert issue["cure"]


def test_a_damaged_workbook_is_no_archive(client: PortalClient, tmp_path: Path) -> None:
    (file := tmp_path / "Q3.xlsx").write_bytes(book()[:-30].replace(b"[Content_Types]", b"[Content-Types]", 1))
    assert is_archive(file)
    upload = client.wait(client.upload(file, FEED)["upload_id"])
    assert {issue["code"] for issue in client.issues(upload["upload_id"])} == {"ZIP_TRUNCATED"}
    assert client.report(upload["upload_id"], "report.ess.json")


def given(portal: Portal, jobs: Jobs, content: bytes) -> tuple[httpx.Client, str]:
    """Give an archive to the form, and return the page it leads to."""
    browser = portal.signed_in(sender="DE")
    answer = browser.post("/upload", data={"feed": FEED}, files={"file": ("all.zip", content, "application/zip")})
    assert answer.status_code == HTTPStatus.SEE_OTHER
    jobs.sweep()
    return browser, browser.get(answer.headers["location"]).text


def test_the_form_leads_to_a_page_for_each_file(portal: Portal, jobs: Jobs) -> None:
    browser, page = given(portal, jobs, MIXED)
    links = re.findall(r'<li><a class="ecl-link" href="(/uploads/DE/[0-9a-f]{32})">([^<]+)</a>', page)
    assert [name for _, name in links] == list(EACH)
    for place, name in links:
        own = browser.get(place).text
        assert ("The file would be refused" in own) == (EACH[name][1] == "refused")
        assert ('href="' + place + '/preview"' in own) == (EACH[name][1] == "accepted")


@pytest.mark.parametrize("what", ["nested", "a way out"])
def test_the_form_says_which_file_of_an_archive_is_not_taken(portal: Portal, jobs: Jobs, what: str) -> None:
    _, page = given(portal, jobs, REFUSED[what][0])
    assert ("more.zip" if what == "nested" else "Q2.csv") in page
    assert 'id="members"' not in page
