"""Deliveries of the portal from confirmation to withdrawal, and the ledger under several hands."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from customs_monitor.cli import app
from customs_monitor.collection.acknowledgement import (
    VerificationFailed,
    acknowledge,
    acknowledge_all,
    is_untouched,
    verify,
)
from customs_monitor.collection.explanations import (
    CannotExplain,
    explain,
    explanations_of,
    valid_explanations,
    withdraw_explanation,
)
from customs_monitor.collection.in_force import in_force
from customs_monitor.collection.judging import waiting
from customs_monitor.collection.landing import receipts
from customs_monitor.collection.ledger import WithdrawnEvent, append, events
from customs_monitor.collection.life import NotWithdrawable, periods_of, withdraw
from customs_monitor.collection.nil_return import nil_file
from customs_monitor.collection.preflight import preflight
from customs_monitor.collection.preview import preview
from customs_monitor.collection.records import Place
from customs_monitor.collection.sending import send
from customs_monitor.collection.signing import KEY_VARIABLE, SigningKeyError, public_keys, signing_key
from customs_monitor.collection.upload_check import keep_verdict
from customs_monitor.contracts import Registry
from customs_monitor.contracts.model import COLLECTIONS
from customs_storage import open_store
from customs_storage.layout import Layout
from support.uploading import FEED, PLACE, Uploading, statistics


@pytest.fixture
def portal(tmp_path: Path, registry: Registry) -> Uploading:
    return Uploading(open_store((tmp_path / "store").as_uri()), Layout.load(), registry, tmp_path)


@pytest.fixture(scope="module")
def sent_twice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a version, and one with a warning that replaces it."""
    folder = tmp_path_factory.mktemp("life")
    made = Uploading(open_store((folder / "store").as_uri()), Layout.load(), Registry.load(), folder)
    made.send(statistics())
    made.judge()
    made.send(statistics(controls=60), user="bert", name="Q3 corrected.csv")
    made.judge()
    return folder / "store"


@pytest.fixture
def twice(sent_twice: Path, portal: Uploading) -> Uploading:
    """The store above, for the test alone."""
    shutil.copytree(sent_twice, portal.scratch / "store")
    portal.time = datetime(2026, 10, 21, 8, tzinfo=UTC)
    return portal


def ids(portal: Uploading) -> list[str]:
    """Return the deliveries in the order received."""
    found = sorted(receipts(portal.store, portal.layout, feed=FEED), key=lambda item: item.sequence)
    return [item.delivery_id for item in found]


def counting(portal: Uploading) -> list[str]:
    return [item.receipt.delivery_id for item in in_force(portal.store, portal.layout, portal.registry)]


class TestSending:
    def test_a_version_replaces_the_one_before_it(self, twice):
        first, second = twice.life()
        assert twice.states() == [(1, "superseded"), (2, "accepted_with_warnings")]
        assert (first.current, second.current) == (False, True)
        assert [event.user for event in second.events] == ["bert"]
        assert second.receipt.file == "Q3 corrected.csv"
        assert second.receipt.origin.startswith("portal/")
        assert "report.html" in second.reports
        assert counting(twice) == ids(twice)[1:]
        assert periods_of(twice.store, twice.layout, FEED, "DE") == ["2026-Q3"]
        assert periods_of(twice.store, twice.layout, FEED, "AT") == []

    def test_the_same_bytes_as_an_earlier_version_make_it_current_again(self, twice):
        sent = twice.send(statistics())
        assert (sent.kind, sent.version, sent.number) == ("resent", 1, 3)
        assert twice.states() == [(2, "superseded"), (1, "accepted")]
        assert counting(twice) == ids(twice)[:1]
        assert waiting(twice.store, twice.layout, FEED) == []
        assert len(ids(twice)) == 2

    def test_a_refused_one_is_kept_and_replaces_nothing(self, twice):
        twice.send(statistics(100, controls=1).replace(b"CRC01", b"nonsense"))
        twice.judge()
        assert twice.states()[-1] == (3, "refused")
        assert counting(twice) == ids(twice)[1:2]

    def test_another_member_states_file_lands_with_who_sent_it(self, portal):
        portal.send(statistics(sender="FR"), sender="DE")
        portal.judge()
        assert portal.states(PLACE) == [(1, "refused")]
        assert portal.states(Place(FEED, "2026-Q3", "FR")) == []

    def test_what_could_not_be_read_is_judged_by_its_check_alone(self, portal):
        upload = portal.upload(b"PK\x03\x04 no workbook", name="Q3.xlsx")
        verdict = portal.check(upload)
        assert not verdict.readable
        send(portal.store, portal.layout, portal.registry, upload, "anna", portal.scratch, portal.now)
        assert waiting(portal.store, portal.layout, FEED) == []
        (life,) = portal.life(Place(FEED, verdict.period, "DE"))
        assert (life.state, set(life.reports)) == ("refused", set(verdict.reports))

    def test_several_at_once_send_it_once(self, portal):
        upload = portal.upload(statistics())
        portal.check(upload)
        together = threading.Barrier(6)

        def at_once(_: int) -> object:
            together.wait()
            return send(
                portal.store, portal.layout, portal.registry, upload, "anna", portal.scratch, lambda: portal.time
            )

        with ThreadPoolExecutor(6) as pool:
            assert len(set(pool.map(at_once, range(6)))) == 1
        assert [event.kind for event in events(portal.store, portal.layout, PLACE)] == ["sent"]
        assert len(ids(portal)) == 1


class TestLedger:
    def test_many_hands_leave_no_gap_and_no_event_twice(self, portal):
        together = threading.Barrier(8)

        def write(writer: int) -> list[int]:
            together.wait()
            made = []
            for turn in range(5):
                event = WithdrawnEvent(
                    **PLACE.fields, at=portal.time, user=f"user-{writer}", delivery_id="d", reason=str(turn)
                )
                kept = append(portal.store, portal.layout, PLACE, lambda _so_far, event=event: event)
                made.append(kept.number)
            return made

        with ThreadPoolExecutor(8) as pool:
            numbers = [number for made in pool.map(write, range(8)) for number in made]
        assert sorted(numbers) == list(range(1, 41))
        kept = events(portal.store, portal.layout, PLACE)
        assert [event.number for event in kept] == list(range(1, 41))
        assert len({(event.user, event.reason) for event in kept}) == 40

    def test_a_decision_rests_on_all_events_before_it(self, portal):
        together = threading.Barrier(8)

        def once(writer: int) -> object:
            together.wait()
            event = WithdrawnEvent(**PLACE.fields, at=portal.time, user=str(writer), delivery_id="d")
            return append(portal.store, portal.layout, PLACE, lambda so_far: None if so_far else event)

        with ThreadPoolExecutor(8) as pool:
            assert sum(made is not None for made in pool.map(once, range(8))) == 1


class TestWithdrawing:
    def test_the_sender_is_missing_and_no_earlier_version_is_back(self, twice):
        first, second = ids(twice)
        arguments = (twice.store, twice.layout, twice.registry, PLACE)
        event = withdraw(*arguments, second, "anna", "wrong quarter", twice.now)
        assert twice.states() == [(1, "superseded"), (2, "withdrawn")]
        assert counting(twice) == []
        assert withdraw(*arguments, second, "bert", now=twice.now) == event
        with pytest.raises(NotWithdrawable, match="another version has replaced"):
            withdraw(*arguments, first, "anna", now=twice.now)
        assert twice.send(statistics(controls=60)).kind == "resent"
        assert counting(twice) == [second]

    def test_what_does_not_count_is_not_withdrawn(self, portal):
        sent = portal.send(statistics().replace(b"CRC01", b"nonsense"))
        arguments = (portal.store, portal.layout, portal.registry, PLACE)
        with pytest.raises(NotWithdrawable, match="not judged yet"):
            withdraw(*arguments, sent.delivery_id, "anna", now=portal.now)
        portal.judge()
        with pytest.raises(NotWithdrawable, match="was refused"):
            withdraw(*arguments, sent.delivery_id, "anna", now=portal.now)
        with pytest.raises(NotWithdrawable, match="no such delivery"):
            withdraw(*arguments, "0" * 16, "anna", now=portal.now)


class TestExplaining:
    RULE, TEXT, UNTIL = "controls_within_hits", "A campaign at one airport.", date(2026, 12, 31)

    def told(self, portal: Uploading, **changed: object):
        said = {"rule": self.RULE, "text": self.TEXT, "expires_on": self.UNTIL, "user": "bert", "now": portal.now}
        return explain(portal.store, portal.layout, PLACE, ids(portal)[-1], **(said | changed))

    def valid(self, portal: Uploading, day: date = date(2026, 11, 1)) -> list[str]:
        return [one.text for one in valid_explanations(portal.store, portal.layout, portal.registry, day)]

    def test_it_holds_once_until_it_expires(self, twice):
        assert self.told(twice) == self.told(twice)
        assert self.valid(twice) == self.valid(twice, self.UNTIL) == [self.TEXT]
        assert self.valid(twice, self.UNTIL + timedelta(days=1)) == []
        assert [one.text for one in twice.life()[1].explanations] == [self.TEXT]
        assert twice.life()[0].explanations == ()

    def test_it_holds_for_a_later_version_that_still_needs_it_and_no_other(self, twice):
        self.told(twice)
        twice.send(statistics(controls=70))
        twice.judge()
        assert self.valid(twice) == [self.TEXT]
        twice.send(statistics())
        assert self.valid(twice) == []

    def test_it_can_be_taken_back(self, twice):
        number = self.told(twice).number
        for _ in range(2):
            withdraw_explanation(twice.store, twice.layout, PLACE, number, "bert", twice.now)
        assert explanations_of(twice.store, twice.layout, PLACE) == []
        assert [event.kind for event in events(twice.store, twice.layout, PLACE)][-2:] == [
            "explained",
            "explanation_withdrawn",
        ]
        with pytest.raises(CannotExplain, match="no such explanation"):
            withdraw_explanation(twice.store, twice.layout, PLACE, 1, "bert", twice.now)

    @pytest.mark.parametrize(
        ("changed", "told"),
        [
            ({"rule": "no_such_rule"}, "no warning of the rule"),
            ({"text": "  "}, "1 to 2000 characters"),
            ({"text": "x" * 2001}, "1 to 2000 characters"),
            ({"text": "a\x00b"}, "control characters"),
            ({"expires_on": date(2026, 10, 1)}, "would have expired"),
        ],
    )
    def test_what_is_no_explanation_is_refused(self, twice, changed, told):
        with pytest.raises(CannotExplain, match=told):
            self.told(twice, **changed)


class TestAcknowledging:
    def given(self, portal: Uploading, number: int = 2):
        key = signing_key(portal.scratch / "home")
        return acknowledge(portal.store, portal.layout, portal.registry, PLACE, number, key, portal.now)

    def test_it_verifies_offline_and_says_what_was_received(self, twice):
        given = self.given(twice)
        keys = json.loads(json.dumps(public_keys(twice.store, twice.layout)))
        assert verify(given.json, keys) == verify(given.pdf, keys) == given.claims
        receipt = twice.life()[1].receipt
        claims = given.claims
        assert (claims.sha256, claims.size, claims.version) == (receipt.sha256, receipt.size, 2)
        assert (claims.verdict, claims.warnings, claims.user) == ("accepted_with_warnings", 1, "bert")
        assert is_untouched(given.pdf)
        assert set(twice.life()[1].acknowledgements) == {
            "acknowledgement-000002.json",
            "acknowledgement-000002.pdf",
        }

    def test_there_is_exactly_one_of_each_sending(self, twice):
        key = signing_key(twice.scratch / "home")
        assert acknowledge_all(twice.store, twice.layout, twice.registry, FEED, key, twice.now) == 2
        assert acknowledge_all(twice.store, twice.layout, twice.registry, FEED, key, twice.now) == 0
        assert self.given(twice) == self.given(twice)

    def test_a_pdf_that_a_killed_process_owed_is_made_of_the_json_that_is_there(self, twice):
        given = self.given(twice)
        twice.store.delete(given.pdf_key)
        twice.scratch = twice.scratch / "another"
        assert self.given(twice).pdf == given.pdf

    def test_none_before_the_verdict(self, portal):
        portal.send(statistics())
        assert self.given(portal, 1) is None
        assert self.given(portal, 7) is None

    def test_a_key_that_was_revoked_signs_and_verifies_no_more(self, twice):
        given = self.given(twice)
        (known,) = public_keys(twice.store, twice.layout)["keys"]
        revoke = ["revoke-key", "--reason", "stolen", "--store", twice.store.url]
        for key_id, code in (("0" * 64, 2), (known["kid"], 0), (known["kid"], 0)):
            assert CliRunner().invoke(app, [*revoke, key_id]).exit_code == code
        keys = public_keys(twice.store, twice.layout)
        assert keys["keys"][0]["revoked"]["reason"] == "stolen"
        for document in (given.json, given.pdf):
            with pytest.raises(VerificationFailed, match="revoked"):
                verify(document, keys)
        with pytest.raises(SigningKeyError, match="was revoked"):
            self.given(twice, 1)
        (twice.scratch / "home" / "signing-key.pem").unlink()
        again = self.given(twice, 1)
        assert verify(again.json, public_keys(twice.store, twice.layout)) == again.claims

    def test_what_was_changed_is_found(self, twice):
        given = self.given(twice)
        keys = public_keys(twice.store, twice.layout)
        with pytest.raises(VerificationFailed, match="in the clear"):
            verify(given.json.replace(b'"verdict":"accepted_with_warnings"', b'"verdict":"accepted"'), keys)
        token = json.loads(given.json)["jws"]
        head, payload, signature = token.split(".")
        forged = base64.urlsafe_b64encode(
            base64.urlsafe_b64decode(payload + "==").replace(b'"version":2', b'"version":1')
        ).decode()
        for document in (given.json, given.pdf):
            with pytest.raises(VerificationFailed, match="not valid"):
                verify(document.replace(payload.encode(), forged.rstrip("=").encode()), keys)
        other = signing_key(twice.scratch / "elsewhere")
        with pytest.raises(VerificationFailed, match="not among those given"):
            verify(given.json, {"keys": [other.public()]})
        for nonsense in (b"", b"{}", b"[]", b"%PDF-1.4 nothing", b"\xff\xfe", b'{"claims": {}, "jws": 1}'):
            with pytest.raises(VerificationFailed):
                verify(nonsense, keys)
        unsigned = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).decode().rstrip("=")
        with pytest.raises(VerificationFailed):
            verify(given.json.replace(head.encode(), unsigned.encode()).replace(signature.encode(), b""), keys)
        assert not is_untouched(given.pdf + b"\n% another line")

    @pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")
    def test_the_page_says_it_in_words(self, twice, tmp_path):
        (tmp_path / "a.pdf").write_bytes(self.given(twice).pdf)
        text = subprocess.run(
            ["pdftotext", "-layout", str(tmp_path / "a.pdf"), "-"], capture_output=True, text=True, check=True
        ).stdout
        for words in ("Accepted with warnings", "Q3 corrected.csv", "bert", "2026-Q3", "in Brussels"):
            assert words in text


class TestKeys:
    def test_it_is_made_once_for_its_owner_alone(self, tmp_path):
        with ThreadPoolExecutor(4) as pool:
            made = set(pool.map(lambda _: signing_key(tmp_path / "home").key_id, range(4)))
        assert len(made) == 1
        (file,) = (tmp_path / "home").iterdir()
        assert file.stat().st_mode & 0o777 == 0o600
        assert "d" not in signing_key(tmp_path / "home").public()

    def test_a_named_file_is_used_and_never_made(self, tmp_path, monkeypatch):
        made = signing_key(tmp_path / "home")
        monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "home" / "signing-key.pem"))
        assert signing_key(tmp_path / "other").key_id == made.key_id
        monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "absent.pem"))
        with pytest.raises(SigningKeyError, match="cannot be read"):
            signing_key(tmp_path / "other")
        (tmp_path / "absent.pem").write_text("-----BEGIN SECRET-----")
        with pytest.raises(SigningKeyError, match="no private Ed25519 key") as refusal:
            signing_key(tmp_path / "other")
        assert "SECRET" not in str(refusal.value)


class TestNilReturn:
    def test_every_collection_takes_its_own(self, registry, tmp_path):
        collections = [contract for contract in registry.feeds.values() if contract.domain == COLLECTIONS]
        assert len(collections) > 3
        for contract in collections:
            period = "2024-2026" if contract.cadence == "cycle" else "2026-Q3"
            file = tmp_path / f"{contract.id}.csv"
            file.write_bytes(nil_file(contract, registry, period, "EL"))
            (scratch := tmp_path / contract.id).mkdir()
            found = preflight(file, contract, registry, scratch)
            assert (found.delivery.sender, found.delivery.period) == ("EL", period)
            assert (found.judgement.verdict, found.judgement.rows_accepted) == ("accepted", 1), contract.id

    def test_a_register_has_none(self, registry):
        with pytest.raises(ValueError, match="has no nil return"):
            nil_file(registry.feeds["exchange_rates"], registry, "2026-Q3", "ECB")


class TestPreview:
    def test_it_tells_rows_and_totals_against_what_counts_now(self, twice):
        upload = twice.upload(statistics(90).replace(b"CRC02", b"CRC03"))
        verdict = twice.check(upload)
        told = preview(twice.store, twice.layout, twice.registry, upload, verdict, twice.scratch)
        assert (told.against, told.added, told.removed, told.changed, told.unchanged) == (ids(twice)[1], 1, 1, 1, 0)
        hits = next(one for one in told.measures if one.column == "automated_hits")
        assert (hits.aggregate, hits.old, hits.new, hits.difference) == ("total", 140, 130, -10)
        assert hits.share == pytest.approx(-10 / 140)
        changed = next(one for one in told.rows if one.kind == "changed")
        assert changed.old == {"automated_hits": "100", "hits_after_assessment": "50", "controls": "60"}
        assert changed.new == {"automated_hits": "90", "hits_after_assessment": "45", "controls": "20"}
        assert preview(twice.store, twice.layout, twice.registry, upload, verdict, twice.scratch) == told

    def test_it_is_told_anew_once_something_else_counts(self, twice):
        upload = twice.upload(statistics(controls=60))
        verdict = twice.check(upload)
        arguments = (twice.store, twice.layout, twice.registry, upload, verdict, twice.scratch)
        assert preview(*arguments).nothing_changes
        withdraw(twice.store, twice.layout, twice.registry, PLACE, ids(twice)[1], "anna", now=twice.now)
        told = preview(*arguments)
        assert (told.against, told.added) == (None, 2)

    def test_there_is_none_of_what_is_refused(self, portal):
        upload = portal.upload(b"nonsense")
        verdict = portal.check(upload)
        assert preview(portal.store, portal.layout, portal.registry, upload, verdict, portal.scratch) is None


def test_the_verdict_of_the_first_worker_holds(portal: Uploading) -> None:
    upload = portal.upload(statistics())
    first = portal.check(upload)
    other = first.model_copy(update={"verdict": "refused", "accepted_sha256": None})
    assert keep_verdict(portal.store, portal.layout, upload, other) == first
