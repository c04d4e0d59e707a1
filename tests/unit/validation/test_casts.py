"""Texts become typed values exactly, also where a faster way of reading them ends."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import pytest

from customs_monitor.contracts import Concept
from customs_monitor.validation.casts import typed

AMOUNT = Concept(label="Amount", definition="An amount.", logicalType="decimal", precision=20, scale=3)
MOMENT = Concept(label="Moment", definition="A moment.", logicalType="timestamp")


def read(concept: Concept, text: str | None) -> object:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        row = connection.execute(f"SELECT {typed(concept, None, 'written')} FROM (SELECT ? AS written)", [text])
        found = row.fetchone()
    assert found is not None
    return found[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("999999999999999.999", "999999999999999.999"),
        ("999999999999999.9994", "999999999999999.999"),
        ("999999999999999.9995", "1000000000000000.000"),
        ("-999999999999999.9995", "-1000000000000000.000"),
        ("1000000000000000", "1000000000000000.000"),
        ("99999999999999999.999", "99999999999999999.999"),
        ("-99999999999999999.999", "-99999999999999999.999"),
        ("00000000000000000000000000000001.5", "1.500"),
        ("1.0005", "1.001"),
        ("-1.0005", "-1.001"),
        (".5", "0.500"),
    ],
)
def test_a_figure_is_read_exactly_on_both_sides_of_64_bits(text: str, value: str) -> None:
    assert read(AMOUNT, text) == Decimal(value)


@pytest.mark.parametrize(
    "text", [None, "", "-", "1-2", "1,5", "1e3", " 1", "100000000000000000", "99999999999999999.9995"]
)
def test_what_is_no_figure_of_the_concept_is_empty(text: str | None) -> None:
    assert read(AMOUNT, text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-03-29", datetime(2026, 3, 29, tzinfo=UTC)),
        ("2026-03-29T02:30", datetime(2026, 3, 29, 2, 30, tzinfo=UTC)),
        ("2026-03-29 02:30:15", datetime(2026, 3, 29, 2, 30, 15, tzinfo=UTC)),
        ("2026-03-29 02:30:15.25", datetime(2026, 3, 29, 2, 30, 15, 250_000, tzinfo=UTC)),
        ("2026-03-29T02:30:15Z", datetime(2026, 3, 29, 2, 30, 15, tzinfo=UTC)),
        ("2026-03-29T02:30:15+02", datetime(2026, 3, 29, 0, 30, 15, tzinfo=UTC)),
        ("2026-03-29T02:30:15-05:30", datetime(2026, 3, 29, 8, 0, 15, tzinfo=UTC)),
    ],
)
def test_a_moment_with_an_offset_becomes_utc_and_one_without_is_kept(text: str, value: datetime) -> None:
    found = read(MOMENT, text)
    assert isinstance(found, datetime)
    assert found.replace(tzinfo=UTC) == value


@pytest.mark.parametrize(
    "text",
    [None, "", "2026-02-29", "2026-03-29Z", "2026-03-29 25:00", "2026-3-29", "29.03.2026", "2026-03-29T02:30:15 Z"],
)
def test_what_is_no_moment_is_empty(text: str | None) -> None:
    assert read(MOMENT, text) is None
