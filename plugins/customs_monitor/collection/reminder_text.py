"""The texts of reminders, from `reminder_texts.yml`."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from customs_monitor.collection.punctuality import Punctuality

DEFAULT_LANGUAGE = "en"


@cache
def texts() -> dict[str, dict[str, Any]]:
    """Return the texts by language."""
    path = Path(__file__).parent / "reminder_texts.yml"
    found: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def message(
    collection: str,
    item: Punctuality,
    kind: str,
    *,
    now: datetime,
    language: str,
    sent_from: str,
    to: str,
    message_id: str,
    portal: str | None,
) -> EmailMessage:
    """Return the message of a reminder.

    Args:
        collection: its name in the language.
        item: how the sender stands.
        kind: of the reminder.
        now: the time.
        language: of the reader; English where there is no text in it.
        sent_from: the address it is from.
        to: the reader's address.
        message_id: the same for the same reminder and reader.
        portal: address of the portal, None where there is none to name.
    """
    text = texts().get(language, texts()[DEFAULT_LANGUAGE])
    kind_of_text = {"t-14": "coming", "t-3": "coming", "t-0": "today", "escalation": "escalation"}.get(kind, "overdue")
    fields = {
        "collection": collection,
        "period": item.period,
        "sender": item.sender,
        "due": item.due_on.isoformat(),
        "days": item.days_late or (item.due_on - now.date()).days,
        "state": text["states"].get(item.stage, text["states"]["not in force"]),
    }
    parts = [text[kind_of_text]["body"].format(**fields)]
    if kind != "escalation":
        parts += [f"{text['portal'].format(portal=portal)}\n"] if portal else []
        parts.append(f"{text['close']}\n")
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = text[kind_of_text]["subject"].format(**fields)
    mail["From"] = sent_from
    mail["To"] = to
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id
    # RFC 3834: nobody's automatic answer shall answer it.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n".join(parts))
    return mail
