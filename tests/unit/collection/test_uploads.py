"""Uploads: parts in any cut and order of requests, checks by any number of workers, one decision."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customs_monitor.collection import upload_bytes
from customs_monitor.collection.sending import NotSendable, confirm, confirmed_unsent, send, sent_of
from customs_monitor.collection.upload_bytes import complete, fetch_file, keep_file, open_member, put_part, received
from customs_monitor.collection.upload_check import claim_check, renew_claim, waiting_for_check
from customs_monitor.collection.upload_expiry import remove_expired
from customs_monitor.collection.uploads import (
    Upload,
    UploadConflict,
    UploadDamaged,
    UploadError,
    UploadIncomplete,
    UploadUnknown,
    WrongOffset,
    derived_id,
    discard,
    open_upload,
    status_of,
    upload_of,
    uploads_of,
)
from customs_monitor.contracts import Registry
from customs_storage import open_store
from customs_storage.hashing import sha256_of
from customs_storage.layout import Layout
from support.uploading import FEED, SENDER, Uploading, statistics

CONTENT = bytes(range(256)) * 2


@pytest.fixture
def portal(tmp_path: Path, registry: Registry) -> Uploading:
    return Uploading(open_store((tmp_path / "store").as_uri()), Layout.load(), registry, tmp_path)


def opened(portal: Uploading, **particulars: object) -> Upload:
    given = {"sender": SENDER, "feed": FEED, "file": "Q3.csv", "user": "anna", "size": len(CONTENT), "now": portal.now}
    return open_upload(portal.store, portal.layout, **(given | particulars))  # type: ignore[arg-type]


class Broken(io.BytesIO):
    """A connection that breaks after some bytes."""

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        if not piece:
            raise ConnectionResetError
        return piece


#: A request: where it begins and ends, as shares of what may be, and whether its connection breaks at the end.
requests = st.tuples(st.floats(0, 1), st.floats(0, 1), st.booleans())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.lists(requests, max_size=6))
def test_parts_in_any_cut_and_repetition_are_the_file(
    asked: list[tuple[float, float, bool]], portal: Uploading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_bytes, "PART", 150)
    store, layout, upload = portal.store, portal.layout, opened(portal)
    at = 0
    for start, length, breaks in asked:
        # Often bytes that were sent before: a client that did not hear the answer.
        offset = round(start * at)
        end = offset + round(length * (len(CONTENT) - offset))
        if breaks:
            with pytest.raises(ConnectionResetError):
                put_part(store, layout, upload, offset, Broken(CONTENT[offset:end]))
            # Whole pieces that had arrived are kept; what was there before is not lost.
            assert at <= received(store, layout, upload) <= max(at, end)
            at = received(store, layout, upload)
        else:
            at = max(at, end)
            assert put_part(store, layout, upload, offset, io.BytesIO(CONTENT[offset:end])) == at
    put_part(store, layout, upload, at, io.BytesIO(CONTENT[at:]))
    key = complete(store, layout, upload, sha256_of(CONTENT))
    assert store.get(key) == CONTENT
    assert complete(store, layout, upload) == key
    assert status_of(store, layout, upload).state == "complete"
    assert received(store, layout, upload) == len(CONTENT)
    assert list(store.list(layout.prefix("upload_part", **upload.fields))) == []


class TestParts:
    def test_a_gap_is_refused_with_the_offset_to_go_on_from(self, portal):
        upload = opened(portal)
        put_part(portal.store, portal.layout, upload, 0, io.BytesIO(CONTENT[:10]))
        with pytest.raises(WrongOffset, match="go on from offset 10") as refusal:
            put_part(portal.store, portal.layout, upload, 20, io.BytesIO(CONTENT[20:]))
        assert refusal.value.expected == 10

    def test_other_bytes_at_the_same_place_are_refused(self, portal):
        upload = opened(portal)
        put_part(portal.store, portal.layout, upload, 0, io.BytesIO(CONTENT[:10]))
        with pytest.raises(UploadConflict, match="other bytes were received"):
            put_part(portal.store, portal.layout, upload, 5, io.BytesIO(b"other"))
        assert received(portal.store, portal.layout, upload) == 10

    def test_more_than_announced_is_refused(self, portal):
        with pytest.raises(UploadDamaged, match="more than the 512 bytes announced"):
            put_part(portal.store, portal.layout, opened(portal), 0, io.BytesIO(CONTENT + b"!"))

    def test_less_than_announced_is_not_complete(self, portal):
        upload = opened(portal)
        put_part(portal.store, portal.layout, upload, 0, io.BytesIO(CONTENT[:10]))
        with pytest.raises(UploadIncomplete, match="10 of 512 bytes"):
            complete(portal.store, portal.layout, upload)

    @pytest.mark.parametrize("early", [True, False])
    def test_another_hash_than_announced_is_damage(self, portal, early):
        upload = opened(portal, sha256="0" * 64 if early else None)
        put_part(portal.store, portal.layout, upload, 0, io.BytesIO(CONTENT))
        with pytest.raises(UploadDamaged, match="another SHA-256"):
            complete(portal.store, portal.layout, upload, None if early else "1" * 64)
        assert status_of(portal.store, portal.layout, upload).state == "receiving"

    def test_the_loser_of_two_requests_learns_where_to_go_on(self, portal, monkeypatch):
        upload, store = opened(portal), portal.store
        create = store.put_if_absent

        def race(key, source):
            if "/part/" in key:
                monkeypatch.setattr(store, "put_if_absent", create)
                put_part(store, portal.layout, upload, 0, io.BytesIO(CONTENT[:7]))
            return create(key, source)

        monkeypatch.setattr(store, "put_if_absent", race)
        with pytest.raises(WrongOffset) as refusal:
            put_part(store, portal.layout, upload, 0, io.BytesIO(CONTENT))
        assert refusal.value.expected == 7


class TestOpening:
    def test_a_repetition_gives_the_same_upload(self, portal):
        key = derived_id("token", "idempotency key")
        assert opened(portal, upload_id=key) == opened(portal, upload_id=key)
        with pytest.raises(UploadConflict):
            opened(portal, upload_id=key, file="other.csv")

    @pytest.mark.parametrize("name", ["", "..", "a/b.csv", "nul\0.csv", "\ud800.csv", "x" * 300])
    def test_what_is_no_name_is_refused(self, portal, name):
        with pytest.raises(UploadError):
            opened(portal, file=name)

    @pytest.mark.parametrize("name", ["receipt.json", ".hidden", "=cmd.csv", "a b\n.csv", "Ώ.csv"])
    def test_an_odd_name_is_kept(self, portal, name, tmp_path):
        upload = opened(portal, file=name)
        keep_file(portal.store, portal.layout, upload, CONTENT)
        (tmp_path / "copy").mkdir()
        assert fetch_file(portal.store, portal.layout, upload, tmp_path / "copy").name == name

    @pytest.mark.parametrize("upload_id", ["../../AT", "", "a/b", "0" * 32, "\0"])
    def test_what_is_not_there_is_unknown(self, portal, upload_id):
        with pytest.raises(UploadUnknown, match="there is no such upload"):
            upload_of(portal.store, portal.layout, SENDER, upload_id)

    def test_anothers_upload_is_unknown(self, portal):
        upload = opened(portal)
        with pytest.raises(UploadUnknown):
            upload_of(portal.store, portal.layout, "AT", upload.upload_id)
        assert uploads_of(portal.store, portal.layout, "AT") == []

    def test_a_member_of_an_archive_is_an_upload_of_its_own_once(self, portal, tmp_path):
        archive = portal.upload(b"PK", name="all.zip")
        (tmp_path / "member.csv").write_bytes(CONTENT)
        once, again = (
            open_member(portal.store, portal.layout, archive, "member.csv", FEED, None, tmp_path / "member.csv")
            for _ in range(2)
        )
        assert once == again
        assert (once.parent, once.user, once.file) == (archive.upload_id, "anna", "member.csv")


class TestChecks:
    def test_one_worker_has_a_check_until_its_lease_is_over(self, portal):
        upload = portal.upload(CONTENT)
        arguments = (portal.store, portal.layout, upload)
        first = claim_check(*arguments, "one", portal.now)
        assert first is not None
        assert claim_check(*arguments, "two", lambda: portal.time) is None
        renewed = renew_claim(*arguments, first, portal.now)
        assert claim_check(*arguments, "two", lambda: portal.time) is None
        portal.time += timedelta(minutes=2)
        taken = claim_check(*arguments, "two", portal.now)
        assert taken is not None
        assert taken.number == 3
        assert renew_claim(*arguments, renewed, portal.now) is None
        assert waiting_for_check(portal.store, portal.layout) == [upload]

    def test_the_first_verdict_holds(self, portal):
        upload = portal.upload(statistics())
        first = portal.check(upload)
        assert first.verdict == "accepted"
        assert {"report.json", "report.html", "issues.parquet"} <= set(first.reports)
        assert claim_check(portal.store, portal.layout, upload, "late", portal.now) is None
        assert waiting_for_check(portal.store, portal.layout) == []
        assert status_of(portal.store, portal.layout, upload).state == "checked"


class TestDecisions:
    def test_discarded_is_not_sent(self, portal):
        upload = portal.upload(statistics())
        portal.check(upload)
        discard(portal.store, portal.layout, upload, "anna", portal.now)
        with pytest.raises(NotSendable, match="discarded"):
            send(portal.store, portal.layout, portal.registry, upload, "anna", portal.scratch)
        assert status_of(portal.store, portal.layout, upload).state == "discarded"
        assert list(portal.store.list("landing/")) == []

    def test_confirmed_is_not_discarded(self, portal):
        upload = portal.upload(statistics())
        decision = confirm(portal.store, portal.layout, upload, "anna", portal.now)
        assert confirm(portal.store, portal.layout, upload, "bert", portal.now) == decision
        with pytest.raises(UploadConflict, match="withdraw the delivery"):
            discard(portal.store, portal.layout, upload, "bert", portal.now)
        assert confirmed_unsent(portal.store, portal.layout) == [(upload, decision)]
        assert waiting_for_check(portal.store, portal.layout) == [upload]
        with pytest.raises(NotSendable, match="not checked yet"):
            send(portal.store, portal.layout, portal.registry, upload, "bert", portal.scratch)
        portal.check(upload)
        sent = send(portal.store, portal.layout, portal.registry, upload, "bert", portal.scratch)
        assert (sent.user, sent.at) == ("anna", decision.at)
        assert sent_of(portal.store, portal.layout, upload) == sent
        assert confirmed_unsent(portal.store, portal.layout) == []

    def test_too_old_is_not_sent_and_removed(self, portal):
        old = portal.upload(statistics())
        being_sent = portal.upload(statistics(90))
        confirm(portal.store, portal.layout, being_sent, "anna", portal.now)
        portal.time += timedelta(days=30, hours=12)
        with pytest.raises(NotSendable, match="more than 30 days ago"):
            confirm(portal.store, portal.layout, old, "anna", portal.now)
        assert remove_expired(portal.store, portal.layout, portal.now) == 0, "whoever confirmed in time needs the bytes"
        portal.time += timedelta(days=1)
        assert remove_expired(portal.store, portal.layout, portal.now) == 1
        assert [status.upload for status in uploads_of(portal.store, portal.layout, SENDER)] == [being_sent]
        assert not list(portal.store.list(portal.layout.prefix("upload_opened", **old.fields)))
