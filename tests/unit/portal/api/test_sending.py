"""A machine sends: open, bytes in parts, verdict, confirm, delivery; what goes wrong says what to do."""

from __future__ import annotations

import hashlib

import httpx
import pytest

from customs_monitor.portal.auth.roles import Role
from customs_monitor.portal.jobs import Jobs
from support.portal import Portal
from support.uploading import FEED, PERIOD, statistics

GOOD = statistics()
BAD = GOOD.replace(b"ENTRY", b"SIDEWAYS")
OFFSETS = {"Content-Type": "application/offset+octet-stream"}


def opened(
    machine: httpx.Client, content: bytes = GOOD, *, key: str | None = None, **document: object
) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return machine.post("/uploads", json={"collection": FEED, "file": "Q3.csv", **document}, headers=headers)


def put(machine: httpx.Client, upload: str, content: bytes, offset: int = 0, *, last: bool = True) -> httpx.Response:
    headers = {**OFFSETS, "Upload-Offset": str(offset), "Upload-Complete": "?1" if last else "?0"}
    return machine.patch(f"/uploads/{upload}", content=content, headers=headers)


def sent(machine: httpx.Client, jobs: Jobs, content: bytes = GOOD, **document: object) -> dict[str, object]:
    upload = opened(machine, intent="send", **document).json()["upload_id"]
    assert put(machine, upload, content).status_code == 204
    jobs.sweep()
    return dict(machine.get(f"/uploads/{upload}").json())


def test_a_file_is_checked_previewed_confirmed_and_acknowledged(machine, jobs: Jobs) -> None:
    machine = machine()
    answer = opened(machine, size=len(GOOD), sha256=hashlib.sha256(GOOD).hexdigest())
    assert answer.status_code == 201
    upload = answer.json()["upload_id"]
    assert answer.headers["Location"] == f"/api/v1/uploads/{upload}"
    assert put(machine, upload, GOOD).headers["Upload-Offset"] == str(len(GOOD))
    assert machine.get(f"/uploads/{upload}").json()["state"] == "complete"
    assert machine.get(f"/uploads/{upload}/preview").json()["code"] == "nothing-to-preview"
    jobs.sweep()
    found = machine.get(f"/uploads/{upload}").json()
    assert (found["state"], found["verdict"]["verdict"], found["period"]) == ("checked", "accepted", PERIOD)
    preview = machine.get(f"/uploads/{upload}/preview").json()
    assert (preview["against"], preview["added"] > 0) == (None, True)
    assert {item["id"] for item in preview["indicators"]} == {"o4-7"}
    assert machine.get(f"/uploads/{upload}/questions").json() == []
    for _ in range(2):
        assert machine.post(f"/uploads/{upload}/send").status_code == 202
        jobs.sweep()
    delivery = machine.get(f"/uploads/{upload}").json()["delivery"]
    path = f"/deliveries/{FEED}/{PERIOD}/{delivery['delivery_id']}"
    assert machine.get(path).json()["state"] == "accepted"
    assert machine.get(f"{path}/file").content == GOOD
    assert machine.get(f"{path}/acknowledgement.json").json()
    assert machine.get(f"{path}/acknowledgement.pdf").content.startswith(b"%PDF")
    (listed,) = machine.get("/deliveries").json()
    assert (listed["version"], listed["current"], listed["acknowledged"]) == (1, True, True)


def test_bytes_go_on_where_a_connection_broke(machine, jobs: Jobs) -> None:
    machine = machine()
    upload = opened(machine, size=len(GOOD)).json()["upload_id"]
    assert put(machine, upload, GOOD[:10], last=False).status_code == 204
    wrong = put(machine, upload, GOOD[20:], 20)
    assert (wrong.status_code, wrong.json()["code"], wrong.json()["expected_offset"]) == (409, "wrong-offset", 10)
    head = machine.head(f"/uploads/{upload}")
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == ("10", str(len(GOOD)))
    # What was received already may come again, as after an answer that was lost.
    assert put(machine, upload, GOOD[5:], 5).status_code == 204
    jobs.sweep()
    assert machine.get(f"/uploads/{upload}").json()["verdict"]["verdict"] == "accepted"


def test_the_same_request_again_is_the_same_upload(machine) -> None:
    machine = machine()
    first, second = (opened(machine, key="2026-Q3 of DE").json() for _ in range(2))
    assert first == second
    other = opened(machine, key="2026-Q3 of DE", intent="send")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-key-used")
    assert opened(machine).json()["upload_id"] != first["upload_id"]
    assert len(machine.get("/uploads").json()) == 2


def test_what_arrives_is_held_against_what_was_announced(machine) -> None:
    machine = machine()
    upload = opened(machine, sha256="0" * 64).json()["upload_id"]
    damaged = put(machine, upload, GOOD)
    assert (damaged.status_code, damaged.json()["code"]) == (409, "damaged")
    short = opened(machine, size=len(GOOD)).json()["upload_id"]
    put(machine, short, GOOD[:10], last=False)
    incomplete = machine.post(f"/uploads/{short}/complete", json={})
    assert (incomplete.status_code, incomplete.json()["code"]) == (409, "incomplete")


def test_a_refused_delivery_tells_every_issue_and_stays_in_the_history(machine, jobs: Jobs) -> None:
    machine = machine()
    found = sent(machine, jobs, BAD)
    assert (found["state"], found["verdict"]["verdict"]) == ("sent", "refused")
    issues = machine.get(f"/uploads/{found['upload_id']}/issues", params={"severity": "error", "rows": 1}).json()
    assert issues["total"] == issues["pages"] > 0
    assert issues["issues"][0]["code"] == "CODE_UNKNOWN"
    assert issues["issues"][0]["cure"]
    report = machine.get(f"/uploads/{found['upload_id']}/reports/report.json").json()
    assert len(report["issues"]) == sum(count["count"] for count in found["verdict"]["issues"])
    (listed,) = machine.get("/deliveries", params={"collection": FEED, "period": PERIOD}).json()
    assert (listed["state"], listed["current"]) == ("refused", False)
    path = f"/deliveries/{FEED}/{PERIOD}/{listed['delivery_id']}"
    assert machine.get(f"{path}/issues").json()["total"] == len(report["issues"])
    withdrawn = machine.post(f"{path}/withdraw", json={"reason": "a mistake"})
    assert (withdrawn.status_code, withdrawn.json()["code"]) == (409, "not-withdrawable")


def test_a_nil_return_counts_and_can_be_withdrawn(machine, jobs: Jobs) -> None:
    machine = machine()
    nil = machine.post("/nil-returns", json={"collection": FEED, "period": PERIOD})
    assert nil.status_code == 201
    jobs.sweep()
    (listed,) = machine.get("/deliveries").json()
    assert listed["state"] == "accepted"
    path = f"/deliveries/{FEED}/{PERIOD}/{listed['delivery_id']}"
    assert machine.post(f"{path}/withdraw", json={"reason": "there was something"}).json()["state"] == "withdrawn"
    (period,) = [
        item
        for collection in machine.get("/collections").json()
        if collection["id"] == FEED
        for item in collection["periods"]
        if item["period"] == PERIOD
    ]
    assert period["state"] == "withdrawn"


def test_a_warning_is_explained_once_and_taken_back(machine, jobs: Jobs) -> None:
    machine = machine()
    sent(machine, jobs, statistics(controls=60))
    (listed,) = machine.get("/deliveries").json()
    path = f"/deliveries/{FEED}/{PERIOD}/{listed['delivery_id']}"
    assert listed["state"] == "accepted_with_warnings"
    document = {"rule": "controls_within_hits", "text": "A campaign of one week", "expires_on": "2027-01-31"}
    explained = machine.post(f"{path}/explanations", json=document)
    assert explained.status_code == 201
    assert machine.get(path).json()["explanations"] == [explained.json()]
    assert machine.delete(f"{path}/explanations/{explained.json()['number']}").status_code == 204
    assert machine.get(path).json()["explanations"] == []
    wrong = machine.post(f"{path}/explanations", json={**document, "rule": "nothing_like_it"})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "cannot-explain")


@pytest.mark.parametrize(
    ("document", "status", "code"),
    [
        ({"collection": "rasff"}, 404, "not-found"),
        ({"collection": "nothing"}, 404, "not-found"),
        ({"period": "last quarter"}, 422, "no-period"),
        ({"period": "2026"}, 422, "no-period"),
        ({"file": "../../etc/passwd"}, 422, "no-file-name"),
        ({"size": 2**40}, 413, "too-large"),
        ({"intent": "publish"}, 422, "call-not-understood"),
        ({"sender": "FR"}, 422, "call-not-understood"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(machine, document: dict[str, object], status: int, code: str) -> None:
    answer = opened(machine(), **document)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_the_interface_needs_a_token_and_takes_no_cookie(portal: Portal) -> None:
    for client in (portal.anybody(), portal.signed_in(sender="DE")):
        answer = client.get("/api/v1/uploads")
        assert (answer.status_code, answer.json()["code"]) == (401, "sign-in-needed")


def test_a_deputy_checks_and_does_not_send(machine) -> None:
    machine = machine(role=Role.deputy)
    assert opened(machine).status_code == 201
    assert opened(machine, intent="send").status_code == 403
    upload = opened(machine).json()["upload_id"]
    assert machine.post(f"/uploads/{upload}/send").status_code == 403
    assert machine.get("/webhooks").status_code == 403


def test_a_token_is_for_its_collections_alone(machine, jobs: Jobs) -> None:
    machine(sender="DE")
    sent(machine(), jobs)
    narrow = machine(collections=["control_statistics"])
    assert opened(narrow).status_code == 404
    assert narrow.get("/deliveries").json() == narrow.get("/uploads").json() == []
    assert [item["id"] for item in narrow.get("/collections").json()] == ["control_statistics"]


def test_another_member_state_sees_nothing(machine, jobs: Jobs) -> None:
    german = machine()
    found = sent(german, jobs)
    french = machine("FR")
    upload, delivery = found["upload_id"], found["delivery"]["delivery_id"]  # type: ignore[index]
    for path in (f"/uploads/{upload}", f"/uploads/{upload}/issues", f"/deliveries/{FEED}/{PERIOD}/{delivery}"):
        other, nothing = (
            french.get(path),
            french.get(path.replace(str(upload), "0" * 32).replace(str(delivery), "0" * 16)),
        )
        assert other.status_code == nothing.status_code == 404
        assert other.content == nothing.content
    assert french.get("/uploads").json() == french.get("/deliveries").json() == []
