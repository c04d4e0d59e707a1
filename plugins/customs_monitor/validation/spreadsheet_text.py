"""Text that is safe in a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Iterable

from customs_monitor.validation.issue_file import ListedIssue

#: First letters of a formula; those of full width are taken for theirs in some languages of the program.
_OPENING = "=@\t\r\n+-\uff1d\uff20\uff0b\uff0d"
_FIGURE = re.compile(r"[+-]?[0-9][0-9 .,]*%?")


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    Text that begins like one gets an apostrophe in front (OWASP, "CSV Injection"); a signed figure stays as it is.
    """
    if text and text[0] in _OPENING and not _FIGURE.fullmatch(text):
        return "'" + text
    return text


def messages(issues: Iterable[ListedIssue]) -> str:
    """Return what is wrong with a row, in one cell."""
    return harmless("; ".join(f"{issue.severity.upper()} {issue.message}" for issue in issues))


def cures(issues: Iterable[ListedIssue]) -> str:
    """Return what to do about it, in one cell."""
    return harmless("; ".join(dict.fromkeys(issue.cure for issue in issues)))
