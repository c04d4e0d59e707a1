from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customs_storage import StoreError
from customs_storage.keys import check_key
from customs_storage.layout import Layout, LayoutError

LAYOUT = Layout.load()

DELIVERY = {"feed": "comext_trade", "period": "2026-Q3", "sender": "EL", "delivery_id": "9f86d081"}
UPLOAD = {"sender": "EL", "upload_id": "0b7e4f9a"}
PLACE = {"feed": "crc_statistics", "period": "2026-Q3", "sender": "EL"}

KEYS = {
    "landing": ({**DELIVERY, "name": "trade.csv"}, "landing/comext_trade/2026-Q3/EL/9f86d081/trade.csv"),
    "receipt": (DELIVERY, "landing/comext_trade/2026-Q3/EL/9f86d081/receipt.json"),
    "accepted": (DELIVERY, "accepted/comext_trade/period=2026-Q3/sender=EL/9f86d081.parquet"),
    "rejected": ({**DELIVERY, "name": "report.html"}, "rejected/comext_trade/2026-Q3/EL/9f86d081/report.html"),
    "judgement": (DELIVERY, "judgements/comext_trade/2026-Q3/EL/9f86d081.json"),
    "closing": (
        {"feed": "crc_statistics", "period": "2026-Q3", "number": "000001"},
        "closings/crc_statistics/2026-Q3/000001.json",
    ),
    "reminder": (
        {"feed": "crc_statistics", "period": "2026-Q3", "sender": "MT", "kind": "t-14", "step": "sent"},
        "reminders/crc_statistics/2026-Q3/MT/t-14/sent.json",
    ),
    "accepted_again": (
        {**DELIVERY, "revision": "2"},
        "accepted/comext_trade/period=2026-Q3/sender=EL/9f86d081/2.parquet",
    ),
    "rejected_again": (
        {**DELIVERY, "revision": "2", "name": "report.html"},
        "rejected/comext_trade/2026-Q3/EL/9f86d081/2/report.html",
    ),
    "judgement_again": ({**DELIVERY, "revision": "2"}, "judgements/comext_trade/2026-Q3/EL/9f86d081/2.json"),
    "outcome": ({"run_id": "r1", "name": "judge comext"}, "outcomes/r1/judge%20comext.json"),
    "latest": ({}, "published/latest.json"),
    "manifest": ({"release_id": "r1"}, "published/releases/r1/manifest.json"),
    "release_file": (
        {"release_id": "r1", "path": "indicators/o4-3/o4-3.csv-metadata.json"},
        "published/releases/r1/indicators/o4-3/o4-3.csv-metadata.json",
    ),
    "restricted_file": (
        {"release_id": "r1", "path": "manifest.json"},
        "restricted/releases/r1/manifest.json",
    ),
    "upload_opened": (UPLOAD, "uploads/EL/0b7e4f9a/opened.json"),
    "upload_part": ({**UPLOAD, "offset": f"{8 << 20:020}"}, "uploads/EL/0b7e4f9a/part/00000000000008388608"),
    "upload_file": ({**UPLOAD, "name": "Q3 2026.csv"}, "uploads/EL/0b7e4f9a/file/Q3%202026.csv"),
    "upload_claim": ({**UPLOAD, "number": "000001"}, "uploads/EL/0b7e4f9a/check/000001.json"),
    "upload_report": ({**UPLOAD, "name": "report.html"}, "uploads/EL/0b7e4f9a/report/report.html"),
    "upload_accepted": (UPLOAD, "uploads/EL/0b7e4f9a/accepted.parquet"),
    "upload_verdict": (UPLOAD, "uploads/EL/0b7e4f9a/verdict.json"),
    "upload_preview": ({**UPLOAD, "delivery_id": "9f86d081"}, "uploads/EL/0b7e4f9a/preview/9f86d081.json"),
    "upload_decision": (UPLOAD, "uploads/EL/0b7e4f9a/decision.json"),
    "upload_sent": (UPLOAD, "uploads/EL/0b7e4f9a/sent.json"),
    "ledger": ({**PLACE, "number": "000002"}, "ledger/crc_statistics/2026-Q3/EL/000002.json"),
    "acknowledgement": (
        {**PLACE, "delivery_id": "9f86d081", "name": "acknowledgement-000002.pdf"},
        "acknowledgements/crc_statistics/2026-Q3/EL/9f86d081/acknowledgement-000002.pdf",
    ),
    "signing_key": ({"key_id": "9f86d081"}, "portal/keys/9f86d081.json"),
    "signing_key_revoked": ({"key_id": "9f86d081"}, "portal/revoked-keys/9f86d081.json"),
    "account": ({"user": "maria.p", "number": "000001"}, "portal/accounts/maria.p/000001.json"),
    "session": ({"session_id": "9f86"}, "portal/sessions/9f86/opened.json"),
    "session_seen": ({"session_id": "9f86", "number": "000003"}, "portal/sessions/9f86/seen/000003.json"),
    "session_ended": ({"session_id": "9f86"}, "portal/sessions/9f86/ended.json"),
    "token": ({"token_id": "9f86"}, "portal/tokens/9f86/issued.json"),
    "token_revoked": ({"token_id": "9f86"}, "portal/tokens/9f86/revoked.json"),
    "webhook": ({"sender": "EL", "webhook_id": "9f86"}, "portal/webhooks/EL/9f86/registered.json"),
    "webhook_removed": ({"sender": "EL", "webhook_id": "9f86"}, "portal/webhooks/EL/9f86/removed.json"),
    "webhook_call": (
        {"webhook_id": "9f86", "upload_id": "0b7e", "number": "000001"},
        "portal/webhook-calls/9f86/0b7e/000001.json",
    ),
    "flow": ({"flow_id": "9f86"}, "portal/flows/9f86/opened.json"),
    "flow_used": ({"flow_id": "9f86"}, "portal/flows/9f86/used.json"),
    "attempt": (
        {"subject": "9f86", "window": "20261001T0600Z", "number": "000001"},
        "portal/attempts/9f86/20261001T0600Z/000001.json",
    ),
    "attempt_passed": (
        {"subject": "9f86", "window": "20261001T0600Z", "number": "000001"},
        "portal/attempts/9f86/20261001T0600Z/passed/000001.json",
    ),
    "audit": (
        {"day": "2026-10-01", "entry": "060000.123456-9f86"},
        "portal/audit/2026-10-01/060000.123456-9f86.json",
    ),
}

codes = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.:+-]{0,20}", fullmatch=True).filter(lambda code: ".." not in code)
names = st.one_of(
    st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=15),
    st.binary(min_size=1, max_size=15).map(lambda name: name.decode("utf-8", "surrogateescape")),
    st.sampled_from(
        ["receipt.json", "%72eceipt.json", "%", "%2", "%2E", "...", ".hidden", "a b", "ΕΛΛΑΔΑ.csv", "\x7f"]
    ),
).filter(lambda name: name not in (".", "..") and not set(name) & {"/", "\0"})


@pytest.mark.parametrize("template", KEYS)
def test_the_keys_are_those_other_programs_rely_on(template: str) -> None:
    values, key = KEYS[template]

    assert LAYOUT.key(template, **values) == key
    assert LAYOUT.parse(template, key) == values


def test_every_template_is_shown_above() -> None:
    assert set(LAYOUT.names) == set(KEYS)


@pytest.mark.parametrize("template", KEYS)
def test_a_key_belongs_to_one_template_only(template: str) -> None:
    _, key = KEYS[template]

    others = [other for other in LAYOUT.names if other != template]
    for other in others:
        with pytest.raises(LayoutError, match="is no key of"):
            LAYOUT.parse(other, key)


@given(feed=codes, period=codes, sender=codes, delivery_id=codes, name=names)
def test_a_landed_file_keeps_its_name(feed: str, period: str, sender: str, delivery_id: str, name: str) -> None:
    values = {"feed": feed, "period": period, "sender": sender, "delivery_id": delivery_id, "name": name}

    key = LAYOUT.key("landing", **values)

    assert check_key(key) == key
    assert LAYOUT.parse("landing", key) == values
    assert key.startswith(LAYOUT.prefix("landing", feed=feed, period=period))
    assert key.count("/") == 5
    assert key != LAYOUT.key("receipt", feed=feed, period=period, sender=sender, delivery_id=delivery_id)


@given(st.text(max_size=40) | st.text("landing/%2Eab.", max_size=40).map("landing/f/_Z/EL/1/".__add__))
def test_what_is_parsed_is_written_back_alike(key: str) -> None:
    try:
        values = LAYOUT.parse("landing", key)
    except LayoutError:
        return
    assert LAYOUT.key("landing", **values) == key


def test_names_are_kept_where_they_are_safe() -> None:
    def segment(name: str) -> str:
        return LAYOUT.key("landing", **DELIVERY, name=name).rpartition("/")[2]

    assert segment("Außenhandel_2026-Q3 (final).csv") == "Außenhandel_2026-Q3%20(final).csv"
    assert segment("Внос.xlsx") == "Внос.xlsx"
    assert segment("receipt.json") == "%72eceipt.json"
    assert segment(".hidden") == "%2Ehidden"
    assert segment("a\n\\b?.csv") == "a%0A%5Cb%3F.csv"
    assert segment("caf\udce9") == "caf%E9", "a name that is no UTF-8"


def test_a_prefix_ends_at_a_folder() -> None:
    assert LAYOUT.prefix("landing") == "landing/"
    assert LAYOUT.prefix("accepted", feed="f") == "accepted/f/"
    assert LAYOUT.prefix("accepted", feed="f", period="_Z") == "accepted/f/period=_Z/"
    assert LAYOUT.prefix("accepted", **{**DELIVERY, "feed": "f"}) == "accepted/f/period=2026-Q3/sender=EL/"
    assert LAYOUT.prefix("release_file", release_id="r1") == "published/releases/r1/"
    assert LAYOUT.prefix("latest") == "published/"


@pytest.mark.parametrize(
    "value", ["", ".", "..", "a/b", "a..b", "../x", "-x", ".x", "a b", "a=b", "a\n", "a\0", "é", "x" * 300]
)
@pytest.mark.parametrize("field", ["feed", "period", "sender", "delivery_id"])
def test_a_code_that_could_break_a_key_is_refused(field: str, value: str) -> None:
    with pytest.raises(LayoutError, match=r"cannot stand in a key|is no key"):
        LAYOUT.key("accepted", **{**DELIVERY, field: value})
    with pytest.raises(LayoutError):
        LAYOUT.parse("accepted", f"accepted/{value}/period=_Z/sender=EL/1.parquet")


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "/etc/passwd", "a\0b", "x" * 256, "?" * 86, "\ud800", "\udcc3\udca9"]
)
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(LayoutError, match=r"is no file name|is too long|is no text"):
        LAYOUT.key("landing", **DELIVERY, name=name)


@pytest.mark.parametrize("path", ["", "/a", "a/", "a//b", "../a", "a/../b", "a/.b", "a b", "manifest.json"])
def test_a_path_that_leaves_its_release_is_refused(path: str) -> None:
    with pytest.raises(LayoutError, match="cannot stand in a key"):
        LAYOUT.key("release_file", release_id="r1", path=path)


def test_wrong_calls_are_explained() -> None:
    with pytest.raises(LayoutError, match="no key 'landed': take one of landing, receipt"):
        LAYOUT.key("landed")
    with pytest.raises(LayoutError, match="a key of receipt needs delivery_id"):
        LAYOUT.key("receipt", feed="f", period="p", sender="s")
    with pytest.raises(LayoutError, match="a key of latest has no feed"):
        LAYOUT.key("latest", feed="f")
    with pytest.raises(LayoutError, match="a prefix of landing needs period before feed, sender"):
        LAYOUT.prefix("landing", feed="f", sender="EL")
    with pytest.raises(LayoutError, match=r"is no key of accepted: accepted/\{feed\}/period=\{period\}/"):
        LAYOUT.parse("accepted", "accepted/f/p/EL/1.parquet")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version: 2\nfields: {}\nkeys: {}",
        "version: 1\nfields: {}\nkeys: {a: {key: 'a/{b}', means: x}}",
        "version: 1\nfields: {b: {kind: code, means: x, example: y}}\nkeys: {a: {key: '{b}/{b}', means: x}}",
        "version: 1\nfields: {}\nkeys: {}\nmore: 1",
        "a: [",
    ],
)
def test_a_broken_layout_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "layout.yml"
    path.write_text(text)

    with pytest.raises(StoreError, match="layout"):
        Layout.load(path)
