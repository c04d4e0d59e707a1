"""What collection tells while it works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _nothing(_: str) -> None:
    return


@dataclass(frozen=True)
class Progress:
    """Where progress goes; silent by default.

    Attributes:
        tell: takes a line about what has happened.
        doing: takes what is being done now, for whoever wants to say so when it takes long.
    """

    tell: Callable[[str], None] = _nothing
    doing: Callable[[str], None] = _nothing


SILENT = Progress()
