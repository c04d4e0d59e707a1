"""A pattern matches the same texts, whichever way it is compiled."""

from __future__ import annotations

import duckdb
import pytest

from customs_monitor.validation.patterns import matches

PATTERNS = [r"\d{8}", "[A-Z]{2}[0-9A-Z]{3}", r"(\d{4}-Q[1-4])", r"(\d{4}|\d{4}-Q[1-4])", "_Z|[0-9]{2}", "[1-9][T ]a"]
TEXTS = [
    *("", "_Z", "xZ", "12", "12\n", "١٢", "123", "12345678", "1234567", "123456789", "1234567é", "AB0Z9", "ÀB0Z9"),
    *("ab0z9", "AB0Z", "2026", "2026-Q1", "2026-Q5", "2026-q1", "2026-Q1 ", "1Ta", "1 a", "1xa", "0Ta", "1\x00a"),
    *("[0-9][0-9]", "*"),
]  # fmt: skip
AS_BEFORE = [r"[0-9]{1,3}", r"\d+", "a?", "a.c", "[^a]", "(a)(b)", "(?i)ab", "[A-]", "a{2}?", "", r"[1-7]\.\d", "a*"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_of_fixed_length_matches_what_the_regular_expression_does(pattern: str) -> None:
    condition = matches("t", pattern)
    assert "GLOB" in condition
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT t, {condition} FROM (SELECT unnest($texts) AS t) "
            f"WHERE ({condition}) IS DISTINCT FROM regexp_full_match(t, $pattern)",
            {"texts": [*TEXTS, None], "pattern": pattern},
        ).fetchall()
    assert not found


@pytest.mark.parametrize("pattern", AS_BEFORE)
def test_any_other_pattern_stays_a_regular_expression(pattern: str) -> None:
    assert matches("t", pattern).startswith("regexp_full_match(")
