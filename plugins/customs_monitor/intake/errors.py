"""What intake says about a file it cannot read, or about a record it cannot hand on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IntakeProblem:
    """One record that was read but is not handed on; the file as a whole could be read.

    Attributes:
        code: Stable upper-snake identifier, such as `RECORD_TOO_FEW_FIELDS`.
        line: Line of the record's start (text), sheet row (workbook) or record index (JSON), counted from 1.
        column: Name of the column at fault, when it is one column.
        value: The offending text, cut to `VALUE_SHOWN` characters.
        message: What is wrong.
        cure: What the sender has to do.
    """

    code: str
    line: int
    column: str | None
    value: str | None
    message: str
    cure: str


class IntakeError(Exception):
    """The file cannot be read at all, or not beyond `line`; what came before it stays valid for a report.

    Attributes:
        code: Stable upper-snake identifier, such as `GZIP_TRUNCATED`.
        message: What is wrong and where.
        cure: What the sender has to do.
        line: Line, sheet row or record index at which reading stopped, when there is one.
        column: Name of the column at fault, when it is one column.
    """

    def __init__(self, code: str, message: str, cure: str, line: int | None = None, column: str | None = None) -> None:
        super().__init__(code, message, cure, line, column)
        self.code = code
        self.message = message
        self.cure = cure
        self.line = line
        self.column = column

    def __str__(self) -> str:
        where = "" if self.line is None else f" (line {self.line})"
        return f"{self.code}{where}: {self.message} {self.cure}"


VALUE_SHOWN = 200
"""Characters of an offending record that a problem quotes; the whole record is in the landed bytes."""


def shown(text: str) -> str:
    """Cut `text` to what a problem quotes."""
    return text if len(text) <= VALUE_SHOWN else text[: VALUE_SHOWN - 1] + "…"
