"""The pages, without a browser: what they show of a delivery's way, and to whom."""

from __future__ import annotations

import csv
import io
import re

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from icalendar import Calendar
from openpyxl import load_workbook

from customs_monitor.portal import content_questions
from customs_monitor.portal.auth.roles import Role
from customs_monitor.validation.content import Question
from support.portal import Portal
from support.portal_work import work

HEADER = (
    "reference_period,member_state,movement,crc_code,high_interest_country,automated_hits,hits_after_assessment,"
    "controls,positive_results,conf_status,comment\n"
)
GOOD = HEADER + "2026-Q2,EL,ENTRY,CRC01,_Z,10,8,4,1,F,\n2026-Q2,EL,EXIT,CRC02,_Z,20,9,3,0,F,\n"
BETTER = HEADER + "2026-Q2,EL,ENTRY,CRC01,_Z,10,8,5,1,F,\n2026-Q2,EL,EXIT,CRC02,_Z,20,9,3,0,F,\n"
WARNED = HEADER + "2026-Q2,EL,ENTRY,CRC01,_Z,10,8,9,1,F,\n"
BAD = HEADER + "2026-Q2,EL,ENTRY,CRC01,_Z,ten,8,4,1,F,\n2026-Q2,EL,ENTRY,=cmd|' /C calc'!A0,_Z,20,29,3,0,F,\n"
PLACE = "/deliveries/crc_statistics/2026-Q2/EL"


def give(client: TestClient, content: str, name: str = "q2.csv", **fields: str) -> str:
    """Upload a file and return the address of its page."""
    answer = client.post(
        "/upload", data={"feed": "crc_statistics", **fields}, files={"file": (name, content.encode(), "text/csv")}
    )
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def sent(portal: Portal, client: TestClient, content: str = GOOD, name: str = "q2.csv") -> str:
    """Upload, confirm and return the address of the delivery."""
    place = give(client, content, name)
    work(portal.services)
    assert client.post(f"{place}/send").status_code == 303
    work(portal.services)
    page = client.get(place).text
    found = re.search(rf'href="({PLACE}/[0-9a-f]+)"', page)
    assert found, page
    return found[1]


def shown(answer: Response) -> str:
    """Return the text of a page, without its tags."""
    assert answer.status_code == 200, answer.text
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).replace("\u202f", " ").split())


def test_a_sender_sees_what_is_asked_of_her_and_by_when(portal: Portal) -> None:
    page = shown(portal.signed_in(Role.sender, "EL").get("/collections"))
    assert "Quarterly statistics on common risk criteria" in page
    assert "2026-Q2 14 August 2026 52 days overdue overdue" in page


def test_a_bad_file_is_told_row_by_row_and_not_sent(portal: Portal) -> None:
    client = portal.signed_in(Role.sender, "EL")
    place = give(client, BAD)
    assert "The file waits for its check" in client.get(place).text
    assert client.get(f"{place}/status").json() == {"state": "complete"}
    work(portal.services)
    page = shown(client.get(place))
    assert "The file would be refused" in page
    assert "automated_hits ten is not a whole number" in page
    assert "29 hits after assessment are more than the 20 automated hits" in page
    assert "Send now" not in page
    assert client.get(f"{place}/preview").headers["location"] == place
    assert client.get("/collections").text.count("not sent yet") >= 1


def test_filters_and_pages_of_issues(portal: Portal) -> None:
    client = portal.signed_in(Role.sender, "EL")
    rows = "".join(f"2026-Q2,EL,ENTRY,NO{number:03},_Z,10,8,4,1,F,\n" for number in range(250))
    place = give(client, HEADER + rows)
    work(portal.services)
    first, last = shown(client.get(place)), shown(client.get(f"{place}?page=5"))
    assert "250 issues, page 1 of 5" in first
    assert "NO249" in last
    assert "NO249" not in first
    assert "1 issue" in shown(client.get(f"{place}?text=NO249"))
    assert "No issue fits the filter" in shown(client.get(f"{place}?severity=warning"))
    assert "page 5 of 5" in shown(client.get(f"{place}?page=99999999"))
    assert "page 1 of 5" in shown(client.get(f"{place}?page=-1"))


@pytest.mark.parametrize("kind", ["annotated", "issues", "ess", "json", "html", "file"])
def test_every_download_is_an_attachment(portal: Portal, kind: str) -> None:
    client = portal.signed_in(Role.sender, "EL")
    place = give(client, BAD)
    work(portal.services)
    answer = client.get(f"{place}/download/{kind}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.content


def test_the_csv_of_issues_holds_no_formula_and_is_in_her_language(portal: Portal) -> None:
    client = portal.signed_in(Role.sender, "EL", language="fr")
    place = give(client, BAD)
    work(portal.services)
    text = client.get(f"{place}/download/issues").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["Ligne", "Colonne", "Valeur", "Gravité", "Ce qui ne va pas", "Que faire", "Règle"]
    cells = [cell for row in rows for cell in row]
    assert "automated_hits ten n'est pas un nombre entier" in cells
    assert "'=cmd|' /C calc'!A0" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "@", "+", "-"))]


def test_the_way_from_preview_to_history(portal: Portal) -> None:
    client = portal.signed_in(Role.sender, "EL")
    first = sent(portal, client)
    place = give(client, BETTER, "q2-better.csv")
    work(portal.services)
    preview = shown(client.get(f"{place}/preview"))
    assert "Rows changed 1" in preview
    assert "controls total 7 8 +1 +14.3 %" in preview
    assert "The deadline has passed" in preview
    client.post(f"{place}/send")
    assert "The file is being sent" in client.get(place).text
    work(portal.services)
    assert "It is version 2 for its period" in shown(client.get(place))
    history = shown(client.get(PLACE))
    assert history.index("q2-better.csv") < history.index("replaced by a later version")
    assert "2026-Q2 14 August 2026 accepted" in shown(client.get("/collections"))
    assert "replaced by a later version" in shown(client.get(first))


def test_a_nil_return_is_shown_checked_and_sent(portal: Portal) -> None:
    client = portal.signed_in(Role.sender, "EL")
    form = shown(client.get("/nil-return/crc_statistics/2026-Q2"))
    assert "2026-Q2 EL _T _T _T 0 0 0 0" in form
    place = client.post("/nil-return/crc_statistics/2026-Q2").headers["location"]
    work(portal.services)
    assert "The file would be accepted" in shown(client.get(place))
    client.post(f"{place}/send")
    work(portal.services)
    assert "It is version 1" in shown(client.get(place))
    assert client.get("/nil-return/crc_statistics/2026-99").status_code == 404


def test_withdrawing_needs_a_reason_and_a_second_thought(portal: Portal) -> None:
    client = portal.signed_in(Role.sender, "EL")
    delivery = sent(portal, client)
    assert client.get(f"{delivery}/withdraw").status_code == 200
    assert client.post(f"{delivery}/withdraw", data={"reason": " ", "sure": "yes"}).status_code == 422
    assert client.post(f"{delivery}/withdraw", data={"reason": "wrong quarter"}).status_code == 422
    answer = client.post(f"{delivery}/withdraw", data={"reason": "wrong quarter", "sure": "yes"})
    assert answer.headers["location"] == PLACE
    history = shown(client.get(PLACE))
    assert "withdrawn" in history
    assert "sender.el: wrong quarter" in history
    assert "withdrawn" in shown(client.get("/collections"))
    assert client.post(f"{delivery}/withdraw", data={"reason": "again", "sure": "yes"}).status_code == 303


def test_a_warning_is_explained_changed_and_taken_back(portal: Portal) -> None:
    client = portal.signed_in(Role.sender, "EL")
    delivery = sent(portal, client, WARNED)
    page = client.get(delivery).text
    assert f"{delivery}/explain?rule=controls_within_hits" in page
    assert client.get(f"{delivery}/explain?rule=no_such_rule").status_code == 404
    said = {"rule": "controls_within_hits", "text": "Random controls, too.", "expires": "2027-01-31"}
    assert client.post(f"{delivery}/explain", data={**said, "expires": "2020-01-01"}).status_code == 422
    assert client.post(f"{delivery}/explain", data={**said, "expires": "soon"}).status_code == 422
    assert client.post(f"{delivery}/explain", data={**said, "text": ""}).status_code == 422
    assert client.post(f"{delivery}/explain", data=said).status_code == 303
    assert "Explained: Random controls, too. shown until 31 January 2027" in shown(client.get(delivery))
    number = re.search(r"number=(\d+)", client.get(PLACE).text)
    assert number
    assert (
        "Random controls, too." in client.get(f"{delivery}/explain?rule=controls_within_hits&number={number[1]}").text
    )
    client.post(f"{delivery}/explain", data={**said, "text": "Random controls count.", "number": number[1]})
    history = shown(client.get(PLACE))
    assert "Random controls count." in history
    assert "Random controls, too." not in history
    assert "Random controls count." in shown(portal.signed_in(Role.reader).get("/explanations"))
    last = re.findall(r"/explanations/crc_statistics/2026-Q2/EL/(\d+)/withdraw", client.get(PLACE).text)
    assert client.post(f"/explanations/crc_statistics/2026-Q2/EL/{last[0]}/withdraw").status_code == 303
    assert "Random controls count." not in client.get(PLACE).text
    assert "There are no explanations" in shown(portal.signed_in(Role.reader).get("/explanations"))


def test_the_commission_sees_who_has_sent_and_who_is_late(portal: Portal) -> None:
    sent(portal, portal.signed_in(Role.sender, "EL"))
    manager = portal.signed_in(Role.collection_manager)
    assert manager.get("/collections").headers["location"] == "/overview"
    page = shown(manager.get("/overview"))
    assert "2026-Q2 , Deadline 14 August 2026: 1 of 27 have sent open Missing: Austria, Belgium" in page
    assert "Greece not sent yet accepted : Greece, 2026-Q2 52 days late" in page
    assert "Greece" in shown(manager.get(PLACE))
    for forbidden in ("/upload", "/nil-return/crc_statistics/2026-Q2"):
        assert manager.get(forbidden).status_code in (403, 404)


def test_the_template_is_for_her_her_period_and_in_her_language(portal: Portal) -> None:
    client = portal.signed_in(Role.sender, "EL", language="de")
    answer = client.get("/templates/crc_statistics/2026-Q2")
    assert answer.headers["content-disposition"] == 'attachment; filename="crc_statistics-2026-Q2-EL.xlsx"'
    assert answer.content[:4] == b"PK\x03\x04"
    assert client.get("/templates/crc_statistics/nonsense").status_code == 404
    assert client.get("/templates/comext_trade/2026-Q2").status_code == 404


def test_the_template_has_the_keys_of_what_was_sent_before(portal: Portal) -> None:
    client = portal.signed_in(Role.sender, "EL")
    sent(portal, client)
    book = load_workbook(io.BytesIO(client.get("/templates/crc_statistics/2026-Q3").content))
    rows = list(book.worksheets[0].iter_rows(min_row=2, max_row=3, max_col=6, values_only=True))
    assert rows == [
        ("2026-Q3", "EL", "ENTRY", "CRC01", "_Z", None),
        ("2026-Q3", "EL", "EXIT", "CRC02", "_Z", None),
    ]


def test_unusual_figures_are_asked_about_and_explained(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Question(
        rule="results_far_from_others", severity="warning", level=3, subject="", column="positive_results", value=0.9,
        lower=0.1, upper=0.3, compared=9,
        message="90% of the controls found something; for 9 other Member States 10% to 30% would be usual",
        cure="Check that a positive result is counted as the template says; if the figures are right, explain the "
        "difference",
    )  # fmt: skip
    client = portal.signed_in(Role.sender, "EL", language="de")
    delivery = sent(portal, client)
    assert "Ungewöhnliche Zahlen" not in client.get(delivery).text
    monkeypatch.setattr(content_questions, "questions_about", lambda *given: [asked])
    page = shown(client.get(delivery))
    assert "Ungewöhnliche Zahlen" in page
    assert asked.message not in page
    said = {"rule": asked.rule, "text": "A new way to choose.", "expires": "2027-01-31"}
    assert client.get(f"{delivery}/explain?rule={asked.rule}").status_code == 200
    assert client.post(f"{delivery}/explain", data=said).status_code == 303
    assert "Erklärt: A new way to choose." in shown(client.get(delivery))
    upload = give(client, BETTER)
    work(portal.services)
    assert "Ungewöhnliche Zahlen" in shown(client.get(f"{upload}/preview"))


def test_what_is_wrong_with_the_form_is_told_on_the_form(portal: Portal) -> None:
    client = portal.signed_in(Role.sender, "EL")
    for fields, files, told in (
        ({"feed": "comext_trade"}, {"file": ("a.csv", b"x")}, "There is no such collection"),
        ({"feed": "crc_statistics", "period": "spring"}, {"file": ("a.csv", b"x")}, "The period cannot be read"),
        ({"feed": "crc_statistics"}, {}, "No file was chosen"),
    ):
        answer = client.post("/upload", data=fields, files=files)
        assert answer.status_code == 422
        assert told in answer.text


def test_a_deputy_checks_and_does_not_send(portal: Portal) -> None:
    client = portal.signed_in(Role.deputy, "EL")
    place = give(client, GOOD)
    work(portal.services)
    page = shown(client.get(place))
    assert "The file can be sent by the person who sends for your Member State" in page
    assert client.post(f"{place}/send").status_code == 403
    assert (
        client.post(
            "/upload", data={"feed": "crc_statistics", "intent": "send"}, files={"file": ("a.csv", b"x")}
        ).status_code
        == 403
    )
    assert client.post(f"{place}/discard").status_code == 303
    assert "This upload was discarded" in client.get(place).text


def test_another_member_state_sees_nothing_of_it(portal: Portal) -> None:
    client, other = portal.signed_in(Role.sender, "EL"), portal.signed_in(Role.sender, "MT")
    delivery = sent(portal, client, WARNED, "secret-name.csv")
    upload = give(client, GOOD, "secret-name.csv")
    work(portal.services)
    nothing = other.get("/deliveries/crc_statistics/2026-Q2/MT/0000000000000000")
    assert nothing.status_code == 404
    for address in (
        PLACE, delivery, upload, f"{upload}/status", f"{upload}/preview", f"{upload}/download/file",
        f"{delivery}/download/annotated", f"{delivery}/acknowledgement.pdf", f"{delivery}/withdraw",
        f"{delivery}/explain?rule=controls_within_hits", "/explanations", "/overview",
    ):  # fmt: skip
        answer = other.get(address)
        assert answer.status_code == 404, address
        assert answer.text.replace(address.partition("?")[0], "") == nothing.text.replace(nothing.url.path, ""), address
    for address in (f"{upload}/send", f"{upload}/discard", f"{delivery}/withdraw"):
        assert other.post(address, data={"reason": "x", "sure": "yes"}).status_code == 404, address
    assert "secret-name" not in other.get("/collections").text + other.get("/uploads").text


def test_the_language_is_that_of_the_browser_the_account_or_the_choice(portal: Portal) -> None:
    anybody = portal.anybody()
    assert 'lang="en"' in anybody.get("/sign-in").text
    assert "Se connecter" in anybody.get("/sign-in", headers={"accept-language": "it, fr-BE;q=0.8, en;q=0.5"}).text
    client = portal.signed_in(Role.sender, "EL", language="de")
    assert "Meine Erhebungen" in client.get("/collections").text
    answer = client.get("/language/fr?back=//evil.example")
    assert answer.headers["location"] == "/"
    assert "Mes collectes" in client.get("/collections").text
    assert client.get("/language/xx").status_code == 404
    client.post("/account/language", data={"language": "en"})
    assert "My collections" in client.get("/collections").text
    account = portal.services.accounts.find("sender.el")
    assert account is not None
    assert account.language == "en"


def test_tokens_are_made_shown_once_and_revoked(portal: Portal) -> None:
    client = portal.signed_in(Role.sender, "EL")
    made = client.post("/account/tokens", data={"label": "nightly", "days": "30", "collections": "crc_statistics"})
    token = re.search(r"cmt_[0-9a-f]{16}_[A-Za-z0-9_-]{43}", made.text)
    assert token
    page = client.get("/account").text
    assert "nightly" in page
    assert token[0] not in page
    number = token[0].split("_")[1]
    portal.signed_in(Role.sender, "MT").post(f"/account/tokens/{number}/revoke")
    assert portal.services.tokens.user_of(token[0]) is not None
    client.post(f"/account/tokens/{number}/revoke")
    assert portal.services.tokens.user_of(token[0]) is None
    for wrong in (
        {"label": "", "days": "9"},
        {"label": "x", "days": "999"},
        {"label": "x", "days": "9", "collections": "y"},
    ):
        assert client.post("/account/tokens", data=wrong).status_code == 422
    assert portal.signed_in(Role.deputy, "EL").post("/account/tokens", data={"label": "x"}).status_code in (403, 404)
    assert "Tokens for programs" not in portal.signed_in(Role.deputy, "EL").get("/account").text


def test_errors_say_what_to_do_in_her_language(portal: Portal) -> None:
    client = portal.signed_in(Role.deputy, "EL", language="de")
    assert "Prüfen Sie die Adresse" in client.get("/nowhere").text
    place = give(client, GOOD)
    assert "Ihre Rolle erlaubt es nicht" in client.post(f"{place}/send").text
    client.headers.pop("x-csrf-token")
    assert "Dieses Formular ist abgelaufen" in client.post(f"{place}/discard").text


def test_no_page_has_inline_script_or_style(portal: Portal) -> None:
    client = portal.signed_in(Role.sender, "EL")
    delivery = sent(portal, client, WARNED)
    for address in ("/collections", "/upload", "/uploads", "/account", PLACE, delivery, f"{delivery}/withdraw"):
        text = client.get(address).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=", text), address
        for asset in re.findall(r'(?:src|href)="(/portal/assets/[^"]+)"', text):
            assert client.get(asset).status_code == 200


def test_deadlines_come_as_a_calendar_of_the_own_member_state(portal: Portal) -> None:
    answer = portal.signed_in(sender="EL").get("/collections.ics")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    summaries = [str(event["summary"]) for event in Calendar.from_ical(answer.content).walk("VEVENT")]
    assert summaries
    assert portal.signed_in(Role.reader).get("/collections.ics").status_code == 404
