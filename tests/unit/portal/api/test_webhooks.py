"""Webhooks: told once, signed, tried again; never into networks that are nobody's business."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from customs_monitor.collection.signing import ALGORITHM, public_keys, signing_key
from customs_monitor.portal.jobs import Jobs
from customs_monitor.portal.webhook_calls import PAUSES, SIGNATURE, AddressRefused, check_address, resolve, tell_all
from support.portal import Portal
from support.uploading import FEED, PERIOD, statistics

ADDRESS = "http://127.0.0.1:9/verdicts"


class Receiver:
    """A server of a sender that answers as it is told."""

    def __init__(self) -> None:
        self.status = 204
        self.requests: list[httpx.Request] = []

    def client(self) -> httpx.Client:
        def answer(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            return httpx.Response(self.status)

        return httpx.Client(transport=httpx.MockTransport(answer))


@pytest.fixture(name="receiver")
def receiver_fixture() -> Receiver:
    return Receiver()


@pytest.fixture(name="tell")
def tell_fixture(portal: Portal, jobs: Jobs, receiver: Receiver) -> Callable[[], int]:
    key = signing_key(portal.services.settings.home)
    return lambda: tell_all(portal.services, key, receiver.client())


def checked(machine: httpx.Client, jobs: Jobs, content: bytes = statistics()) -> str:
    nil = machine.post("/uploads", json={"collection": FEED, "file": "Q3.csv"}).json()["upload_id"]
    headers = {
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": "0",
        "Upload-Complete": "?1",
    }
    machine.patch(f"/uploads/{nil}", content=content, headers=headers)
    jobs.sweep()
    return str(nil)


@pytest.fixture(autouse=True)
def no_calls_by_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweeps tell nobody here: the tests do."""
    monkeypatch.setattr("customs_monitor.portal.jobs.tell_all", lambda *_: 0)


def test_a_verdict_is_told_once_and_signed(portal: Portal, machine, jobs: Jobs, receiver: Receiver, tell) -> None:
    machine = machine()
    assert machine.post("/webhooks", json={"url": ADDRESS}).status_code == 201
    upload = checked(machine, jobs)
    assert [tell(), tell()] == [1, 0]
    (request,) = receiver.requests
    told = json.loads(request.content)
    assert (told["event"], told["upload_id"], told["verdict"]) == ("upload.checked", upload, "accepted")
    assert (told["collection"], told["period"], told["sender"]) == (FEED, PERIOD, "DE")
    header, _, signed = request.headers[SIGNATURE].split(".")
    keys = KeySet.import_key_set(public_keys(portal.services.store, portal.services.layout))
    jws.deserialize_compact(f"{header}..{signed}", keys, algorithms=[ALGORITHM], payload=request.content)


def test_a_call_that_fails_is_tried_again_with_pauses_and_not_for_ever(
    portal: Portal, machine, jobs: Jobs, receiver: Receiver, tell
) -> None:
    machine = machine()
    machine.post("/webhooks", json={"url": ADDRESS})
    checked(machine, jobs)
    receiver.status = 500
    assert [tell(), tell()] == [1, 0]
    assert machine.get("/webhooks").json()[0]["failures"] == 1
    for pause in PAUSES:
        portal.clock.now += pause
        assert [tell(), tell()] == [1, 0]
    portal.clock.pass_by(days=30)
    assert tell() == 0
    assert len({request.headers["Event-Id"] for request in receiver.requests}) == 1
    machine.get("/webhooks")


def test_success_ends_the_tries(portal: Portal, machine, jobs: Jobs, receiver: Receiver, tell) -> None:
    machine = machine()
    machine.post("/webhooks", json={"url": ADDRESS})
    checked(machine, jobs)
    receiver.status = 503
    tell()
    receiver.status = 200
    portal.clock.pass_by(minutes=1)
    assert [tell(), tell()] == [1, 0]
    assert machine.get("/webhooks").json()[0]["failures"] == 0


def test_others_verdicts_and_earlier_ones_are_not_told(portal: Portal, machine, jobs: Jobs, receiver, tell) -> None:
    german, french = machine(), machine("FR")
    checked(german, jobs)
    portal.clock.pass_by(minutes=1)
    german.post("/webhooks", json={"url": ADDRESS})
    checked(french, jobs, statistics(sender="FR"))
    narrow = machine(collections=["control_statistics"])
    narrow.post("/webhooks", json={"url": f"{ADDRESS}/controls"})
    assert tell() == 0
    checked(german, jobs)
    assert tell() == 1
    assert receiver.requests[0].url.path == "/verdicts"


def test_webhooks_are_listed_removed_and_few(machine, jobs: Jobs, receiver: Receiver, tell) -> None:
    german, french = machine(), machine("FR")
    first = german.post("/webhooks", json={"url": ADDRESS}).json()
    assert german.post("/webhooks", json={"url": ADDRESS}).json() == first
    assert french.get("/webhooks").json() == []
    assert french.delete(f"/webhooks/{first['webhook_id']}").status_code == 404
    assert german.delete(f"/webhooks/{first['webhook_id']}").status_code == 204
    assert german.get("/webhooks").json() == []
    checked(german, jobs)
    assert tell() == 0
    answers = [german.post("/webhooks", json={"url": f"{ADDRESS}/{number}"}).status_code for number in range(11)]
    assert answers == [201] * 10 + [409]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.eu/hook",
        "https://user:secret@example.eu/hook",
        "https://example.eu/hook#part",
        "ftp://example.eu/hook",
        "https:///hook",
    ],
)
def test_addresses_of_a_wrong_form_are_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(url)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "10.0.0.8", "169.254.169.254", "192.168.1.1", "0.0.0.0", "[::ffff:127.0.0.1]", "[fe80::1]"],
)
def test_no_call_leads_into_networks_that_are_not_public(host: str) -> None:
    with pytest.raises(AddressRefused, match="does not call"):
        resolve(f"https://{host}/hook")


def test_a_call_goes_to_the_address_that_was_looked_at() -> None:
    target = resolve("https://127.0.0.1:8443/hook", ["127.0.0.0/8"])
    assert (str(target.url), target.host, target.name) == ("https://127.0.0.1:8443/hook", "127.0.0.1:8443", "127.0.0.1")
