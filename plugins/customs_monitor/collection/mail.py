"""Sending e-mail through the SMTP server that the environment names."""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Literal, Protocol, cast, get_args

_PREFIX = "CUSTOMS_MONITOR_SMTP_"
Tls = Literal["starttls", "tls", "none"]
_PORTS: dict[str, int] = {"starttls": 587, "tls": 465, "none": 25}
_TIMEOUT = 30.0


class MailSettingsError(ValueError):
    """The settings of the mail server are wrong; the message names the variable and says what to write."""


class MailFailed(RuntimeError):
    """The mail server did not take a message; it may take it later."""


class Mailer(Protocol):
    """Whatever takes messages."""

    def send(self, message: EmailMessage) -> None:
        """Hand a message over; MailFailed if it was not taken."""


@dataclass(frozen=True)
class SmtpSettings:
    """An SMTP server and who writes.

    Attributes:
        host, port: of the server.
        tls: `starttls` (the default), `tls` from the first byte, or `none`, which takes no password.
        sender: the address that messages are from.
        user, password_file: for a server that asks; the password is the first line of the file.
    """

    host: str
    port: int
    tls: Tls
    sender: str
    user: str | None = None
    password_file: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> SmtpSettings | None:
        """Read CUSTOMS_MONITOR_SMTP_HOST, _PORT, _TLS, _FROM, _USER and _PASSWORD_FILE; None where no host is named.

        Raises:
            MailSettingsError: if one of them is wrong.
        """

        def given(name: str) -> str | None:
            return environment.get(_PREFIX + name, "").strip() or None

        host = given("HOST")
        if host is None:
            return None
        tls = given("TLS") or "starttls"
        if tls not in get_args(Tls):
            raise MailSettingsError(f"{_PREFIX}TLS is {tls!r}: write starttls, tls or none")
        port = given("PORT") or str(_PORTS[tls])
        if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
            raise MailSettingsError(f"{_PREFIX}PORT is {port!r}: write a number from 1 to 65535")
        sender = given("FROM")
        if sender is None or sender.count("@") != 1:
            raise MailSettingsError(f"{_PREFIX}FROM is {sender!r}: write the address that messages are from")
        user, password = given("USER"), given("PASSWORD_FILE")
        if (user is None) != (password is None):
            raise MailSettingsError(f"give both {_PREFIX}USER and {_PREFIX}PASSWORD_FILE, or neither")
        if user is not None and tls == "none":
            raise MailSettingsError(f"{_PREFIX}TLS is none: a password goes over TLS only; write starttls or tls")
        return cls(host, int(port), cast("Tls", tls), sender, user, Path(password) if password else None)


@dataclass(frozen=True)
class SmtpMailer:
    """Sends each message over a connection of its own."""

    settings: SmtpSettings

    def send(self, message: EmailMessage) -> None:
        """Hand a message over.

        Raises:
            MailFailed: if the server cannot be reached or does not take it.
            MailSettingsError: if the password's file cannot be read.
        """
        try:
            with self._connected() as server:
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            # Not the error's own text alone: it may quote what was sent to the server.
            code = f" {error.smtp_code}" if isinstance(error, smtplib.SMTPResponseException) else ""
            where = f"{self.settings.host}:{self.settings.port}"
            raise MailFailed(f"{where} did not take the message: {type(error).__name__}{code}") from error

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        settings = self.settings
        password = self._password()
        if settings.tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=_TIMEOUT, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=_TIMEOUT)
        with server:
            if settings.tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            if settings.user is not None and password is not None:
                server.login(settings.user, password)
            yield server

    def _password(self) -> str | None:
        file = self.settings.password_file
        if file is None:
            return None
        try:
            return file.read_text(encoding="utf-8").split("\n", 1)[0]
        except (OSError, UnicodeError) as error:
            raise MailSettingsError(f"{_PREFIX}PASSWORD_FILE {file} cannot be read: {type(error).__name__}") from error
