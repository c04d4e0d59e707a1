"""Names and texts of files and contracts as SQL: whatever they contain, they stay names and texts."""

from __future__ import annotations

from collections.abc import Iterable


def identifier(name: str) -> str:
    """Quote a name of a column, table or type."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | None) -> str:
    """Quote a text; None is NULL."""
    if text is None:
        return "NULL"
    # A NUL would end the statement for the parser.
    parts = ["'" + part.replace("'", "''") + "'" for part in text.split("\0")]
    return parts[0] if len(parts) == 1 else "(" + " || chr(0) || ".join(parts) + ")"


def any_of(conditions: Iterable[str]) -> str:
    """Join conditions with OR; without any it is false. NULL counts as false."""
    joined = " OR ".join(f"({condition})" for condition in conditions)
    return f"coalesce({joined}, false)" if joined else "false"
