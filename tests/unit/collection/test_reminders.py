from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from customs_monitor.collection.calendar import Window, window
from customs_monitor.collection.mail import MailFailed, MailSettingsError, SmtpMailer, SmtpSettings
from customs_monitor.collection.reminder_text import texts
from customs_monitor.collection.reminders import LEASE, Recipient, Reminder, kind_due, remind, reminder_lines
from customs_monitor.contracts import Registry
from customs_monitor.contracts.model import Senders
from customs_storage import ObjectStore, open_store
from support.deliveries import LAYOUT, delivered, received

FEED, PERIOD = "crc_statistics", "2026-Q3"
FULL = Registry.load()
CONTRACT = FULL.feeds[FEED]
assert CONTRACT.calendar is not None
REGISTRY = replace(
    FULL,
    feeds={
        FEED: CONTRACT.model_copy(
            update={
                "senders": Senders(codes=("AT", "BE", "MT")),
                "calendar": CONTRACT.calendar.model_copy(update={"firstPeriod": PERIOD}),
            }
        )
    },
)
#: The deadline is the end of 16 November 2026 in Brussels.
T_14 = datetime(2026, 11, 2, 7, tzinfo=UTC)
PEOPLE = {"AT": [Recipient("anna@at.example", "de")], "MT": [Recipient("maria@mt.example", "en")]}


@dataclass
class Book:
    """Who is written to."""

    senders: dict[str, list[Recipient]] = field(default_factory=lambda: dict(PEOPLE))
    bosses: list[Recipient] = field(default_factory=lambda: [Recipient("boss@ec.example", "fr")])

    def of_sender(self, sender: str, feed: str) -> list[Recipient]:
        assert feed == FEED
        return self.senders.get(sender, [])

    def managers(self, feed: str) -> list[Recipient]:
        assert feed == FEED
        return self.bosses


@dataclass
class Letterbox:
    """Takes messages, or fails at the nth."""

    taken: list[EmailMessage] = field(default_factory=list)
    fails_at: int | None = None

    def send(self, message: EmailMessage) -> None:
        if len(self.taken) == self.fails_at:
            self.fails_at = None
            raise MailFailed("mail.example:25 did not take the message: ConnectionRefusedError")
        self.taken.append(message)

    @property
    def to(self) -> list[str]:
        return [str(message["To"]) for message in self.taken]


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return open_store((tmp_path / "store").as_uri())


def reminded(
    store: ObjectStore, at: datetime, box: Letterbox | None, book: Book | None = None, **options: Any
) -> list[Reminder]:
    return remind(
        store, LAYOUT, REGISTRY, book or Book(), box, lambda: at, sent_from="customs@ec.example", **options
    )  # fmt: skip


def open_window() -> Window:
    found = window(REGISTRY.feeds[FEED], PERIOD)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2026-09-30", None),  # not open
        ("2026-11-01", None),
        ("2026-11-02", "t-14"),
        ("2026-11-12", "t-14"),
        ("2026-11-13", "t-3"),
        ("2026-11-15", "t-3"),
        ("2026-11-16", "t-0"),
        ("2026-11-17", "overdue-1"),
        ("2026-11-23", "overdue-1"),
        ("2026-11-24", "overdue-2"),
        ("2026-12-01", "overdue-3"),
        ("2026-12-07", "overdue-3"),
        ("2026-12-08", "escalation"),
        ("2027-02-14", "escalation"),
        ("2027-02-15", None),
    ],
)
def test_each_day_has_its_reminder(day: str, kind: str | None) -> None:
    noon = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC) + timedelta(hours=12)
    assert kind_due(open_window(), noon) == kind


def test_the_day_is_that_of_brussels() -> None:
    assert kind_due(open_window(), datetime(2026, 11, 15, 22, 59, tzinfo=UTC)) == "t-3"
    assert kind_due(open_window(), datetime(2026, 11, 15, 23, 0, tzinfo=UTC)) == "t-0"


def test_who_has_not_sent_is_reminded_once_of_each_kind(store: ObjectStore) -> None:
    delivered(store, FEED, PERIOD, "BE", T_14 - timedelta(days=3))
    box = Letterbox()

    sent = [item for day in range(60) for item in reminded(store, T_14 + timedelta(days=day), box)]
    again = [item for day in range(60) for item in reminded(store, T_14 + timedelta(days=day), box)]

    kinds = ["t-14", "t-3", "t-0", "overdue-1", "overdue-2", "overdue-3", "escalation"]
    assert [(item.sender, item.kind, item.state) for item in sent] == [
        (sender, kind, "sent") for kind in kinds for sender in ("AT", "MT")
    ]
    assert again == []
    assert box.to == ["anna@at.example", "maria@mt.example"] * 6 + ["boss@ec.example"] * 2
    assert len({message["Message-ID"] for message in box.taken}) == len(box.taken)


def test_the_last_reminder_of_an_earlier_period_does_not_count_for_the_next(store: ObjectStore) -> None:
    box = Letterbox()
    for sender in ("AT", "BE", "MT"):
        delivered(store, FEED, PERIOD, sender, T_14)

    assert reminded(store, datetime(2027, 2, 1, 8, tzinfo=UTC), box)[0].period == "2026-Q4"


@pytest.mark.parametrize("verdict", ["accepted", "accepted_with_warnings"])
def test_who_has_sent_is_left_in_peace(store: ObjectStore, verdict: Any) -> None:
    delivered(store, FEED, PERIOD, "AT", T_14 - timedelta(days=1), verdict=verdict)
    received(store, FEED, PERIOD, "MT", T_14 - timedelta(minutes=1))

    assert {item.sender for item in reminded(store, T_14, Letterbox())} == {"BE"}


def test_a_refused_file_and_a_made_up_one_are_no_delivery(store: ObjectStore) -> None:
    delivered(store, FEED, PERIOD, "AT", T_14 - timedelta(days=1), verdict="refused")
    delivered(store, FEED, PERIOD, "MT", T_14 - timedelta(days=1), synthetic=True)
    box = Letterbox()

    reminded(store, T_14, box)

    assert box.to == ["anna@at.example", "maria@mt.example"]
    assert "Ihre letzte Datei wurde zurückgewiesen" in box.taken[0].get_content()


def test_without_a_mail_server_nothing_is_lost(store: ObjectStore) -> None:
    first = reminded(store, T_14, None)
    assert list(reminder_lines(first)) == [
        "crc_statistics 2026-Q3 AT: t-14 no mail server (1 recipient)",
        "crc_statistics 2026-Q3 BE: t-14 no recipient (0 recipients)",
        "crc_statistics 2026-Q3 MT: t-14 no mail server (1 recipient)",
    ]
    assert list(store.list(LAYOUT.prefix("reminder"))) == []
    box = Letterbox()
    reminded(store, T_14 + timedelta(hours=1), box)
    assert box.to == ["anna@at.example", "maria@mt.example"]


def test_a_sender_who_gets_an_account_later_is_reminded_then(store: ObjectStore) -> None:
    box = Letterbox()
    reminded(store, T_14, box)

    reminded(store, T_14 + timedelta(hours=1), box, Book({"BE": [Recipient("bea@be.example")]}))

    assert box.to[-1] == "bea@be.example"


def test_what_the_server_did_not_take_is_tried_again_and_nobody_gets_two(store: ObjectStore) -> None:
    book = Book({"AT": [Recipient("one@at.example"), Recipient("two@at.example")]})
    box = Letterbox(fails_at=1)

    (first, _, _) = reminded(store, T_14, box, book)
    assert (first.state, first.detail) == ("failed", "mail.example:25 did not take the message: ConnectionRefusedError")
    # The claim holds for a while: somebody else may be at it.
    assert {item.sender for item in reminded(store, T_14 + LEASE - timedelta(minutes=1), box, book)} == {"BE", "MT"}
    (second, _, _) = reminded(store, T_14 + LEASE, box, book)

    assert second.state == "sent"
    assert box.to == ["one@at.example", "two@at.example"]


def test_of_two_that_remind_at_once_one_sends(store: ObjectStore) -> None:
    box, other = Letterbox(), Letterbox()

    class Nested(Letterbox):
        def send(self, message: EmailMessage) -> None:
            reminded(store, T_14, other, Book({"AT": PEOPLE["AT"]}))
            box.send(message)

    reminded(store, T_14, Nested(), Book({"AT": PEOPLE["AT"]}))

    assert box.to == ["anna@at.example"]
    assert other.to == []


def test_a_dry_run_says_what_is_due_and_sends_nothing(store: ObjectStore) -> None:
    box = Letterbox()
    assert {item.state for item in reminded(store, T_14, box, dry_run=True)} == {"due"}
    assert box.taken == []
    assert list(store.list(LAYOUT.prefix("reminder"))) == []


def test_texts_are_complete_in_every_language_and_of_every_kind(store: ObjectStore) -> None:
    assert set(texts()) == {"en", "fr", "de"}
    shape = {
        language: {key: sorted(value) if isinstance(value, dict) else "" for key, value in text.items()}
        for language, text in texts().items()
    }
    assert shape["fr"] == shape["en"] == shape["de"]
    book = Book({"AT": [Recipient(f"{language}@at.example", language) for language in ("en", "fr", "de", "el")]})
    box = Letterbox()
    for day in range(60):
        reminded(store, T_14 + timedelta(days=day), box, book, portal="https://portal.example")
    assert len(box.taken) == 6 * 4 + 3
    for message in box.taken:
        text = f"{message['Subject']} {message.get_content()}"
        assert "{" not in text
        assert "2026-11-16" in text
        assert message["Auto-Submitted"] == "auto-generated"
    assert box.taken[0].get_content().splitlines()[:2] == [
        'The delivery of AT for "Quarterly statistics on common risk criteria", 2026-Q3, is due by the end of '
        "2026-11-16 (Brussels time).",
        "Nothing has been received so far.",
    ]
    assert str(box.taken[1]["Subject"]).endswith("2026-Q3 : à transmettre dans 14 jours")
    assert "https://portal.example" in box.taken[2].get_content()


class Inbox:
    """The handler of a mail server in a thread."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.messages.append(parsed)
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        return "250 OK"


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, SmtpSettings]]:
    handler = Inbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield handler, SmtpSettings("127.0.0.1", port, "none", "customs@ec.example")
    finally:
        controller.stop()


@pytest.mark.enable_socket
def test_messages_reach_a_mail_server(store: ObjectStore, inbox: tuple[Inbox, SmtpSettings]) -> None:
    handler, settings = inbox

    remind(
        store, LAYOUT, REGISTRY, Book(), SmtpMailer(settings), lambda: T_14, sent_from=settings.sender
    )  # fmt: skip

    assert handler.envelopes == [
        ("customs@ec.example", ["anna@at.example"]),
        ("customs@ec.example", ["maria@mt.example"]),
    ]
    german = handler.messages[0]
    assert (
        german["Subject"] == "Vierteljährliche Statistik der gemeinsamen Risikokriterien, 2026-Q3: fällig in 14 Tagen"
    )
    assert "bis zum Ende des 2026-11-16 fällig (Brüsseler Zeit)" in german.get_content()
    assert german["Message-ID"].startswith("<crc_statistics.2026-Q3.AT.t-14.")
    assert german["Message-ID"].endswith("@ec.example>")


@pytest.mark.enable_socket
def test_a_password_is_not_given_to_a_server_without_tls(tmp_path: Path, inbox: tuple[Inbox, SmtpSettings]) -> None:
    handler, settings = inbox
    (tmp_path / "password").write_text("secret\n")
    asking = replace(settings, tls="starttls", user="me", password_file=tmp_path / "password")
    message = EmailMessage()
    message["From"], message["To"] = "a@b.example", "c@d.example"

    with pytest.raises(MailFailed) as told:
        SmtpMailer(asking).send(message)

    assert "secret" not in str(told.value)
    assert handler.messages == []


@pytest.mark.enable_socket
def test_a_server_that_is_not_there_is_a_failure_that_is_tried_again(inbox: tuple[Inbox, SmtpSettings]) -> None:
    _, settings = inbox
    message = EmailMessage()
    message["From"], message["To"] = "a@b.example", "c@d.example"
    with pytest.raises(MailFailed, match=r"127.0.0.1:1 did not take the message: ConnectionRefusedError"):
        SmtpMailer(replace(settings, port=1)).send(message)


COMPLETE = {"HOST": "mail.example", "FROM": "customs@ec.example"}


def environment(**settings: str) -> dict[str, str]:
    return {f"CUSTOMS_MONITOR_SMTP_{name}": value for name, value in settings.items()}


def test_no_mail_server_is_no_error() -> None:
    assert SmtpSettings.from_environment({}) is None
    assert SmtpSettings.from_environment(environment(HOST=" ")) is None


@pytest.mark.parametrize(("tls", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_port_goes_with_the_way_of_tls(tls: str, port: int) -> None:
    found = SmtpSettings.from_environment(environment(**COMPLETE, TLS=tls))
    assert found == SmtpSettings("mail.example", port, tls, "customs@ec.example")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"TLS": "ssl"}, "write starttls, tls or none"),
        ({"PORT": "0"}, "write a number from 1 to 65535"),
        ({"PORT": "smtp"}, "write a number from 1 to 65535"),
        ({"FROM": ""}, "write the address that messages are from"),
        ({"USER": "me"}, "give both"),
        ({"USER": "me", "PASSWORD_FILE": "/x", "TLS": "none"}, "a password goes over TLS only"),
    ],
)
def test_settings_that_cannot_work_say_what_to_write(changes: dict[str, str], told: str) -> None:
    with pytest.raises(MailSettingsError, match=told):
        SmtpSettings.from_environment(environment(**{**COMPLETE, **changes}))


def test_a_password_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    settings = SmtpSettings("127.0.0.1", 1, "tls", "a@b.example", "me", tmp_path / "nowhere")
    with pytest.raises(MailSettingsError, match="nowhere cannot be read"):
        SmtpMailer(settings).send(EmailMessage())
