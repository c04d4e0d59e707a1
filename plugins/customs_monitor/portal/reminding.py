"""Reminders to the accounts of the portal, through the mail server of the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from customs_monitor.collection.mail import SmtpMailer, SmtpSettings
from customs_monitor.collection.reminders import Reminder, remind
from customs_monitor.contracts import Registry
from customs_monitor.portal.auth.accounts import Accounts
from customs_monitor.portal.auth.recipients import AccountRecipients
from customs_storage import ObjectStore
from customs_storage.layout import Layout

#: Address of the portal that reminders name; none where it is not set.
PORTAL_VARIABLE = "CUSTOMS_MONITOR_PORTAL_URL"


def remind_accounts(
    store: ObjectStore,
    layout: Layout,
    registry: Registry,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    *,
    dry_run: bool = False,
    environment: Mapping[str, str] = os.environ,
) -> list[Reminder]:
    """Send the reminders that are due to the people who have accounts.

    Args:
        store: the store.
        layout: its keys.
        registry: the contracts.
        now: the clock.
        dry_run: whether to find out only.
        environment: has the mail server and the address of the portal.

    Raises:
        MailSettingsError: if the settings of the mail server are wrong.
    """
    settings = SmtpSettings.from_environment(environment)
    return remind(
        store,
        layout,
        registry,
        AccountRecipients(Accounts(store, layout, now)),
        SmtpMailer(settings) if settings else None,
        now,
        sent_from=settings.sender if settings else "",
        portal=environment.get(PORTAL_VARIABLE) or None,
        dry_run=dry_run,
    )
