"""A hostile file, and what has to be said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HEADER = (
    "reference_period,member_state,movement,crc_code,high_interest_country,"
    "automated_hits,hits_after_assessment,controls,positive_results,conf_status,comment"
)
ROW = "2026-Q2,AT,ENTRY,CRC04,_Z,2576,154,126,12,,"
OTHER_ROW = "2026-Q2,AT,ENTRY,CRC06,_Z,2724,605,437,6,,"
COLUMNS = tuple(HEADER.split(","))
#: A delivery that is accepted, from which most of the others are made.
GOOD = f"{HEADER}\n{ROW}\n{OTHER_ROW}\n"


@dataclass(frozen=True)
class Case:
    """One file.

    Attributes:
        name: of the case; unique.
        codes: what the report must say, all of its codes with blanks between; empty where the file is accepted.
        content: its bytes, or what writes it.
        feed: what it is sent for.
        file: the name under which it is sent.
        verdict: what comes of it.
    """

    name: str
    codes: str
    content: bytes | Callable[[Path], object]
    feed: str = "crc_statistics"
    file: str = "delivery.csv"
    verdict: str = "refused"

    def write(self, folder: Path) -> Path:
        """Make the file."""
        path = folder / "hostile"
        if isinstance(self.content, bytes):
            path.write_bytes(self.content)
        else:
            self.content(path)
        return path


def good(name: str, content: bytes | Callable[[Path], object], **more: str) -> Case:
    """Return a case that looks hostile and is a delivery like any other."""
    return Case(name, "", content, verdict="accepted", **more)


def with_cell(column: str, value: str, *, quoted: bool = False) -> bytes:
    """Return the good delivery with another value in its first row."""
    cells = ROW.split(",")
    cells[COLUMNS.index(column)] = f'"{value}"' if quoted else value
    return f"{HEADER}\n{','.join(cells)}\n{OTHER_ROW}\n".encode("utf-8", errors="surrogatepass")
