"""Names of the working columns that a row carries from its text as received to its typed values.

A header name is trimmed by the reader and a property is an identifier, so that a name that begins with a blank can be
neither: no column of a file can take the place of a working column.
"""

from __future__ import annotations

from customs_monitor.validation.quoting import identifier

LINE_NAME = " line"
LINE = identifier(LINE_NAME)


def received(name: str) -> str:
    """The value of a property as the sender wrote it."""
    return identifier(f" received.{name}")


def computed(name: str) -> str:
    """What an SQL expression of the layout makes of the value of a property as the sender wrote it."""
    return identifier(f" computed.{name}")


def shown_column(name: str) -> str:
    """The sender's column of a property where it differs from row to row (unpivoted columns)."""
    return identifier(f" column.{name}")


def text(name: str) -> str:
    """The mapped and corrected text of a property, before it is typed."""
    return identifier(f" text.{name}")


def corrected(number: int) -> str:
    """Whether a correction applies to the row."""
    return identifier(f" corrected.{number}")


def before(name: str) -> str:
    """The text of a property before corrections."""
    return identifier(f" before.{name}")


def code_number(name: str) -> str:
    """The number of the code in a codelist with validity dates (see `Codes.validity`)."""
    return identifier(f" code.{name}")


def valid_from(name: str, period: int) -> str:
    """The first day of a validity period of the code."""
    return identifier(f" from.{name}.{period}")


def valid_to(name: str, period: int) -> str:
    """The last day of a validity period of the code."""
    return identifier(f" to.{name}.{period}")
