"""JSON as a stream of events, with what no document needs refused before it costs anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import ijson

from customs_monitor.intake.errors import IntakeError
from customs_monitor.intake.source import ByteStream

#: Levels of lists and objects within each other. Real documents have ten; what is built of them is built recursively.
DEEPEST = 200


#: The longest run of digits: Python makes no number of a longer one, and the parser does not survive its refusal.
_MOST_DIGITS = 4_000
_TOO_LONG = re.compile(rb"[0-9]{%d}" % _MOST_DIGITS)
_LAST_DIGITS = re.compile(rb"[0-9]{0,%d}\Z" % _MOST_DIGITS)


class NotJson(ValueError):
    """The text is no JSON, or holds a figure of which no number can be made.

    Attributes:
        cut: whether it ends before it is complete.
    """

    def __init__(self, reason: str, *, cut: bool = False) -> None:
        super().__init__(reason)
        self.cut = cut


def json_events(stream: ByteStream) -> Iterator[tuple[str, Any]]:
    """Yield the events of `ijson.basic_parse`.

    Raises:
        NotJson: if it cannot be read on.
        IntakeError: `JSON_TOO_DEEP`, `NUMBER_TOO_LONG`, or what the stream raises.
    """
    depth = 0
    try:
        for event, value in ijson.basic_parse(_Digits(stream), use_float=False):
            if event.startswith("start_"):
                depth += 1
                if depth > DEEPEST:
                    raise IntakeError(
                        "JSON_TOO_DEEP",
                        f"Lists and objects lie within each other more than {DEEPEST} deep.",
                        "Check that this is the file that was meant.",
                    )
            elif event.startswith("end_"):
                depth -= 1
            yield event, value
    except (ijson.JSONError, UnicodeDecodeError) as error:
        cut = isinstance(error, ijson.IncompleteJSONError) and "premature EOF" in str(error)
        raise NotJson(_reason(error), cut=cut) from error
    except ArithmeticError as error:
        # Ten to the power of a number of 20 digits.
        raise NotJson("a figure is too large to be one") from error


class _Digits:
    """A stream that refuses numbers without end."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._last = b""

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        seen = self._last + data
        if _TOO_LONG.search(seen):
            raise IntakeError(
                "NUMBER_TOO_LONG",
                f"A number has more than {_MOST_DIGITS:,} digits.",
                "Check that this is the file that was meant.",
            )
        if match := _LAST_DIGITS.search(seen):
            self._last = match[0]
        return data


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0].removeprefix("parse error: ").strip()
