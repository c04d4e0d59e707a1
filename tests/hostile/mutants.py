"""Good deliveries of the Member States' collections, spoilt at random: the same seed gives the same bytes."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, product
from pathlib import Path
from xml.sax.saxutils import escape

from hostile.workbook_parts import book, letter, sheet

_STATISTICS = ("crc_statistics", "crc_combination_statistics", "control_statistics")
_QUESTIONNAIRE = "ms_questionnaire"
#: Fewer questionnaires: there are few cycles that they can be of.
_TURNS = (*_STATISTICS * 3, _QUESTIONNAIRE)
FEEDS = (*_STATISTICS, _QUESTIONNAIRE)
_QUARTERS = [f"{year}-Q{quarter}" for year in range(2015, 2026) for quarter in range(1, 5)]
_CYCLES = ["2018-2020", "2021-2023", "2024-2026"]
_SENDERS = (
    ["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"]
)  # fmt: skip
_TEXTS = (
    "", " ", "-1", "0", "1.5", "1e9", "many", "=1+1", "2026-Q9", "XX", "_T", "_Z", "9" * 30, "x" * 600, "\u00e9\u20ac", "\u202eAT", "C", "S",
    "true", "0x1F", "1 000", "AT ", "at", "2025-Q1", "line\nbreak", 'quo"te', "semi;colon", "com,ma",
)  # fmt: skip

_Rows = list[list[str]]


@dataclass(frozen=True)
class Mutant:
    """A delivery that may be wrong.

    Attributes:
        name: of the file; unique.
        sender: the Member State that its rows name, where they have not been spoilt.
        content: its bytes.
    """

    feed: str
    name: str
    sender: str
    content: bytes


def mutants(samples: Path, count: int, seed: int) -> Iterator[Mutant]:
    """Yield spoilt deliveries of all feeds, each of another sender and period as far as there are any.

    A delivery of the same sender and period would be compared with the one before.

    Args:
        samples: the deliveries that come with the platform.
        count: how many.
        seed: of the choices.
    """
    bases = {feed: [_read(path) for path in sorted((samples / feed).glob("*.csv"))] for feed in FEEDS}
    places = {feed: _places(feed, seed) for feed in FEEDS}
    for number in range(count):
        chance = random.Random(f"{seed}-{number}")
        feed = _TURNS[number % len(_TURNS)]
        period, sender = next(places[feed])
        rows = _base(chance.choice(bases[feed]), period, sender, chance)
        for _ in range(chance.choice((0, 0, 1, 1, 2, 3))):
            rows = chance.choice(_OF_ROWS)(rows, chance)
        kind = chance.choice(("csv", "csv", "csv", "sdmx", "xlsx"))
        content = _xlsx(rows) if kind == "xlsx" else _text(rows, feed, kind, chance)
        if chance.random() < 0.35:
            content = chance.choice(_OF_BYTES)(content, chance)
        yield Mutant(feed, f"mutant_{number:05d}.{'xlsx' if kind == 'xlsx' else 'csv'}", sender, content)


def _read(path: Path) -> _Rows:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252")
    header = text.splitlines()[0]
    return list(csv.reader(io.StringIO(text), delimiter=max(",;\t", key=header.count)))


def _places(feed: str, seed: int) -> Iterator[tuple[str, str]]:
    """Return periods with senders, for ever, each once before any comes again."""
    found = list(product(_CYCLES if feed == _QUESTIONNAIRE else _QUARTERS, _SENDERS))
    random.Random(f"{seed}-{feed}").shuffle(found)
    return cycle(found)


def _base(rows: _Rows, period: str, sender: str, chance: random.Random) -> _Rows:
    """Return a few rows under another sender and period."""
    header, *body = rows
    kept = chance.sample(body, min(len(body), chance.randint(2, 12)))
    return [list(header), *([period, sender, *row[2:]] for row in kept)]


def _cell(rows: _Rows, chance: random.Random) -> _Rows:
    row = chance.choice(rows[1:] or rows)
    if row:
        row[chance.randrange(len(row))] = chance.choice(_TEXTS)
    return rows


def _swapped(rows: _Rows, chance: random.Random) -> _Rows:
    one, two = chance.choice(rows[1:] or rows), chance.choice(rows[1:] or rows)
    if one and len(one) == len(two):
        place = chance.randrange(len(one))
        one[place], two[place] = two[place], one[place]
    return rows


def _header(rows: _Rows, chance: random.Random) -> _Rows:
    if not rows[0]:
        return rows
    place = chance.randrange(len(rows[0]))
    name = rows[0][place]
    rows[0][place] = chance.choice((name.upper(), f" {name} ", name[:-1], name + "x", "", rows[0][0], "remarks"))
    return rows


def _without_column(rows: _Rows, chance: random.Random) -> _Rows:
    place = chance.randrange(max(len(rows[0]), 1))
    return [row[:place] + row[place + 1 :] for row in rows]


def _more_columns(rows: _Rows, chance: random.Random) -> _Rows:
    return [[*row, "extra" if number == 0 else chance.choice(_TEXTS)] for number, row in enumerate(rows)]


def _columns_in_other_order(rows: _Rows, chance: random.Random) -> _Rows:
    if len({len(row) for row in rows}) > 1:
        return rows
    order = list(range(len(rows[0])))
    chance.shuffle(order)
    return [[row[place] for place in order] for row in rows]


def _row_twice(rows: _Rows, chance: random.Random) -> _Rows:
    return [*rows, list(chance.choice(rows[1:] or rows))]


def _key_twice(rows: _Rows, chance: random.Random) -> _Rows:
    row = list(chance.choice(rows[1:] or rows))
    if row:
        row[-1] = "another"
    return [*rows, row]


def _without_rows(rows: _Rows, chance: random.Random) -> _Rows:
    return rows[: chance.choice((1, 1, 2))]


def _without_header(rows: _Rows, _: random.Random) -> _Rows:
    return rows[1:] or rows


def _short_row(rows: _Rows, chance: random.Random) -> _Rows:
    row = chance.choice(rows[1:] or rows)
    del row[chance.randrange(max(len(row), 1)) :]
    return rows


def _nil_beside(rows: _Rows, _: random.Random) -> _Rows:
    return [*rows, [*rows[-1][:2], *["_T"] * 3, *["0"] * (len(rows[0]) - 5)][: len(rows[0])]]


_OF_ROWS: tuple[Callable[[_Rows, random.Random], _Rows], ...] = (
    _cell, _cell, _cell, _cell, _cell, _cell, _swapped, _header, _without_column, _more_columns,
    _columns_in_other_order, _row_twice, _key_twice, _without_rows, _without_header, _short_row, _nil_beside,
)  # fmt: skip


def _text(rows: _Rows, feed: str, kind: str, chance: random.Random) -> bytes:
    if kind == "sdmx":
        own = ["dataflow", f"TAXUD:{feed.upper()}(1.0)", "R"]
        rows = [["STRUCTURE", "STRUCTURE_ID", "ACTION", *rows[0]], *([*own, *row] for row in rows[1:])]
    out = io.StringIO()
    delimiter = "," if kind == "sdmx" else chance.choice(",,,;\t")
    csv.writer(out, delimiter=delimiter, lineterminator=chance.choice(("\n", "\r\n"))).writerows(rows)
    encoding = chance.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16"))
    return out.getvalue().encode(encoding, errors="replace")


def _xlsx(rows: _Rows) -> bytes:
    def cell(row: int, column: int, text: str) -> str:
        place = f"{letter(column)}{row}"
        if text.isascii() and text.isdigit() and len(text) < 15:
            return f'<c r="{place}"><v>{text}</v></c>'
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'

    return book(
        sheet_xml=sheet(
            *(
                f'<row r="{number}">{"".join(cell(number, place, text) for place, text in enumerate(row) if text)}</row>'
                for number, row in enumerate(rows, start=1)
            )
        )
    )


def _flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 5))):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _inserted(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data) + 1)
    return (
        data[:place] + chance.choice((b"\0", b'"', b"\n", b"\xff", b",", b"\xef\xbb\xbf", b"\r", b";")) + data[place:]
    )


def _joined(data: bytes, chance: random.Random) -> bytes:
    return data + data[chance.randrange(len(data) + 1) :]


_OF_BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (_flipped, _cut, _inserted, _inserted, _joined)
