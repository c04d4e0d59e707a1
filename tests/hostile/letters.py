"""Encodings, and letters that are not what they look like."""

from __future__ import annotations

import codecs

from hostile.case import GOOD, HEADER, OTHER_ROW, ROW, Case, good, with_cell


def _after_good(more: bytes) -> bytes:
    """Put bytes into the comment of the second row."""
    return f"{HEADER}\n{ROW}\n{OTHER_ROW}".encode() + more + b"\n"


_LOOKALIKES = {
    "cyrillic_a": "\u0410T",
    "greek_tau": "A\u03a4",
    "fullwidth": "\uff21\uff34",
    "mathematical": "\U0001d400\U0001d413",
    "combining": "A\u0301T",
    "zero_width_space": "A\u200bT",
    "zero_width_joiner": "A\u200dT",
    "word_joiner": "\u2060AT",
    "soft_hyphen": "A\u00adT",
    "bom": "\ufeffAT",
    "bidi_override": "\u202eTA",
    "bidi_isolate": "\u2066AT\u2069",
    "tag_letters": "AT\U000e0041",
    "variation_selector": "AT\ufe0f",
    "private_use": "AT\ue000",
    "noncharacter_fffe": "AT\ufffe",
    "noncharacter_ffff": "AT\uffff",
    "noncharacter_1fffe": "AT\U0001fffe",
    "last_code_point": "AT\U0010ffff",
    "replacement": "AT\ufffd",
    "vertical_tab": "AT\v",
    "form_feed": "AT\f",
    "escape": "AT\x1b[2J",
    "delete": "AT\x7f",
    "bell": "\x07AT",
    "next_line": "AT\x85",
    "line_separator": "AT\u2028",
    "paragraph_separator": "AT\u2029",
    "thin_blank": "\u2009AT",
    "hangul_filler": "AT\u3164",
    "braille_blank": "AT\u2800",
    "flag": "\U0001f1e6\U0001f1f9",
}
#: Bytes that no UTF-8 text has.
_NO_UTF8 = {
    "overlong_nul": b"\xc0\x80",
    "overlong_slash": b"\xc0\xaf",
    "overlong_slash_3": b"\xe0\x80\xaf",
    "overlong_slash_4": b"\xf0\x80\x80\xaf",
    "surrogate_high": b"\xed\xa0\x80",
    "surrogate_low": b"\xed\xbf\xbf",
    "surrogate_pair_cesu": b"\xed\xa0\xbd\xed\xb8\x80",
    "five_bytes": b"\xf8\x88\x80\x80\x80",
    "six_bytes": b"\xfc\x84\x80\x80\x80\x80",
    "beyond_unicode": b"\xf4\x90\x80\x80",
    "cut_in_a_letter": b"\xe2\x82",
    "byte_fe": b"\xfe",
    "byte_ff": b"\xff",
}
_ACCENTS = "\u00e9\u00e8\u00ea\u00eb\u0103\u0105\u010d\u0142\u20ac\u03b1\u03b2"

CASES = (
    # Encodings told by a mark, or by nothing.
    good("utf8_mark", codecs.BOM_UTF8 + GOOD.encode()),
    good("utf16_le_mark", codecs.BOM_UTF16_LE + GOOD.encode("utf-16-le")),
    good("utf16_be_mark", codecs.BOM_UTF16_BE + GOOD.encode("utf-16-be")),
    good("windows_1252", with_cell("comment", "x").replace(b"x", "caf\u00e9 \u20ac".encode("cp1252"))),
    Case("utf8_mark_twice", "COLUMN_MISSING COLUMN_UNKNOWN", codecs.BOM_UTF8 * 2 + GOOD.encode()),
    Case("utf8_mark_alone", "FILE_EMPTY", codecs.BOM_UTF8),
    Case("utf16_mark_alone", "FILE_EMPTY", codecs.BOM_UTF16_LE),
    Case("utf16_le_no_mark", "NUL_BYTE", GOOD.encode("utf-16-le")),
    Case("utf16_be_no_mark", "NUL_BYTE", GOOD.encode("utf-16-be")),
    Case("utf16_cut", "ENCODING_INVALID", codecs.BOM_UTF16_LE + GOOD.encode("utf-16-le") + b"x"),
    Case(
        "utf16_lone_surrogate",
        "ENCODING_INVALID LAYOUT_UNKNOWN",
        codecs.BOM_UTF16_LE + GOOD.encode("utf-16-le") + b"\x00\xd8a\x00",
    ),
    Case("utf16_mark_then_utf8", "HEADER_ONLY LAYOUT_UNKNOWN", codecs.BOM_UTF16_LE + GOOD.encode()),
    Case("utf16_nul", "NUL_BYTE", codecs.BOM_UTF16_LE + (GOOD + "\0").encode("utf-16-le")),
    Case("utf32_le_mark", "ENCODING_INVALID", codecs.BOM_UTF32_LE + GOOD.encode("utf-32-le")),
    Case("utf32_be_mark", "ENCODING_INVALID", codecs.BOM_UTF32_BE + GOOD.encode("utf-32-be")),
    Case("utf32_le_no_mark", "NUL_BYTE", GOOD.encode("utf-32-le")),
    Case("utf32_be_no_mark", "NUL_BYTE", GOOD.encode("utf-32-be")),
    Case("utf7", "LAYOUT_UNKNOWN", GOOD.replace("_", "+AF8-").encode()),
    Case("ebcdic", "ENCODING_INVALID", GOOD.encode("cp500")),
    Case("base64", "LAYOUT_UNKNOWN", codecs.encode(GOOD.encode(), "base64")),
    Case("mark_before_the_second_row", "TYPE_PERIOD", f"{HEADER}\n{ROW}\n\ufeff{OTHER_ROW}\n".encode()),
    good("mark_in_a_comment", _after_good(codecs.BOM_UTF8)),
    Case("latin_bytes_among_utf8", "ENCODING_INVALID", _after_good(_ACCENTS.encode() + b"\xe9")),
    Case("utf8_among_latin_bytes", "", _after_good(b"\xe9\xe8\xe0\xe7" + "\u00e9".encode()), verdict="accepted"),
    Case("utf16_row_among_utf8", "NUL_BYTE", _after_good("caf\u00e9".encode("utf-16-le"))),
    *(
        # Beside letters that are UTF-8, so that nobody takes the file for Windows-1252.
        Case(f"no_utf8_{name}", "ENCODING_INVALID", _after_good(_ACCENTS.encode() * 3 + wrong))
        for name, wrong in _NO_UTF8.items()
    ),
    Case("undefined_in_windows_1252", "ENCODING_INVALID", _after_good(b"\x81\x8d\x8f\x90\x9d")),
    # Codes that look like AT, or SE, and are not.
    *(
        Case(f"code_{name}", "CODE_UNKNOWN SENDER_MISMATCH", with_cell("member_state", text))
        for name, text in _LOOKALIKES.items()
    ),
    # Small letters are read as their capitals, these as well: I without a dot, and the long s. IT and SE are codes.
    Case("code_dotless_i", "SENDER_MISMATCH", with_cell("member_state", "\u0131T")),
    Case("code_long_s", "SENDER_MISMATCH", with_cell("member_state", "\u017fE")),
    # Column names that look like the template's.
    Case(
        "column_with_a_zero_width_space",
        "COLUMN_MISSING COLUMN_UNKNOWN",
        GOOD.replace("movement", "move\u200bment", 1).encode(),
    ),
    Case(
        "column_with_a_cyrillic_o",
        "COLUMN_MISSING COLUMN_UNKNOWN",
        GOOD.replace("movement", "m\u043evement", 1).encode(),
    ),
    good("column_with_a_hard_blank", GOOD.replace("movement", "\u00a0movement\u00a0", 1).encode()),
    # Texts, which may hold any letter: what a spreadsheet or a page makes of them is tested with the reports.
    good("comment_bidi", with_cell("comment", "\u202egnp.exe\u202c \u2067\u05d0\u2069")),
    good("comment_emoji_family", with_cell("comment", "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 20)),
    good("comment_noncharacters", with_cell("comment", "\ufdd0\ufffe\U0010ffff")),
    good("comment_zalgo", with_cell("comment", "Z" + "\u0300\u0489\u035b" * 100)),
    good("comment_that_grows_when_normalised", with_cell("comment", "\ufdfa" * 400)),
    good("comment_line_separators", with_cell("comment", "a\u2028b\u2029c\x85d")),
    good("comment_escape_sequences", with_cell("comment", "\x1b]0;x\x07\x1b[31mred")),
    Case("comment_of_a_flood_of_marks", "TEXT_TOO_LONG", with_cell("comment", "e" + "\u0301" * 100_000)),
    Case("comment_that_grows_to_megabytes", "TEXT_TOO_LONG", with_cell("comment", "\ufdfa" * 500_000)),
    Case("comment_501_letters_of_4_bytes", "COMMENT_IS_SHORT", with_cell("comment", "\U0001f600" * 501)),
)
