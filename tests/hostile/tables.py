"""Delimited text whose shape is wrong: quotes, line ends, fields, columns, sizes."""

from __future__ import annotations

from pathlib import Path

from hostile.case import COLUMNS, GOOD, HEADER, OTHER_ROW, ROW, Case, good, with_cell

_MIB = 1 << 20


def _sparse_line(path: Path) -> None:
    """One line of a gigabyte: the header, then nothing but zeros that take no disk."""
    with path.open("wb") as file:
        file.write(f"{HEADER}\n".encode())
        file.truncate(1 << 30)


def _endless_line(path: Path) -> None:
    with path.open("wb") as file:
        file.write(f"{HEADER}\n2026-Q2,AT,".encode())
        for _ in range(24):
            file.write(b"x" * _MIB)


def _many_columns(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b"".join(b"c%d," % column for column in range(3_000_000)))
        file.write(b"end\n1,2\n")


def _row(count: int) -> str:
    return ",".join(["x"] * count)


CASES = (
    # Nothing, or next to nothing.
    Case("no_byte", "FILE_EMPTY", b""),
    Case("one_line_break", "FILE_EMPTY", b"\n"),
    Case("blank_lines", "FILE_EMPTY", b"\n\r\n  \n\t\n"),
    Case("one_letter", "HEADER_ONLY LAYOUT_UNKNOWN", b"a"),
    Case("commas_only", "HEADER_EMPTY", b",,,,,\n,,,,,\n"),
    Case("header_only", "HEADER_ONLY", f"{HEADER}\n".encode()),
    Case("header_and_blank_lines", "HEADER_ONLY", f"{HEADER}\n\n\n\r\n".encode()),
    Case("header_and_empty_records", "MISSING_VALUE", f"{HEADER}\n,,,,,,,,,,\n,,,,,,,,,,\n".encode()),
    Case("no_header", "LAYOUT_UNKNOWN", f"{ROW}\n{OTHER_ROW}\n".encode()),
    # Quotes.
    Case("quote_open_in_header", "QUOTE_NOT_CLOSED", f'"{GOOD}'.encode()),
    Case("quote_open_in_first_row", "QUOTE_NOT_CLOSED", f'{HEADER}\n"{ROW}\n{OTHER_ROW}\n'.encode()),
    Case("quote_open_in_last_row", "QUOTE_NOT_CLOSED", f'{HEADER}\n{ROW}\n"{OTHER_ROW}\n'.encode()),
    Case("quote_open_at_the_end", "QUOTE_NOT_CLOSED", f'{HEADER}\n{ROW}"'.encode()),
    Case("quotes_only", "HEADER_ONLY LAYOUT_UNKNOWN", b'""""""'),
    Case("text_behind_a_quote", "CODE_UNKNOWN", with_cell("movement", '"ENTRY"x')),
    good("quote_within_a_text", with_cell("comment", '5" pipe')),
    good("line_break_in_quotes", with_cell("comment", "two\nlines", quoted=True)),
    good(
        "quotes_around_everything",
        "".join(",".join(f'"{cell}"' for cell in line.split(",")) + "\r\n" for line in GOOD.splitlines()).encode(),
    ),
    Case("a_million_quotes", "QUOTE_NOT_CLOSED", f"{HEADER}\n".encode() + b'"' * 1_000_001),
    Case("quotes_and_letters_in_turn", "RECORD_TOO_FEW_FIELDS", f"{HEADER}\n".encode() + b'a"' * 200_000),
    # Line ends.
    good("line_ends_cr", GOOD.replace("\n", "\r").encode()),
    good("line_ends_crlf", GOOD.replace("\n", "\r\n").encode()),
    good("line_ends_mixed", f"{HEADER}\r{ROW}\r\n{OTHER_ROW}\n".encode()),
    good("no_line_end_at_the_end", GOOD.rstrip("\n").encode()),
    good("blank_lines_between", GOOD.replace("\n", "\n\n\r\n").encode()),
    # Delimiters.
    good("delimiter_semicolon", GOOD.replace(",", ";").encode()),
    good("delimiter_tab", GOOD.replace(",", "\t").encode()),
    good("delimiter_pipe", GOOD.replace(",", "|").encode()),
    good("delimiter_at_every_line_end", GOOD.replace("\n", ",\n").encode()),
    Case("delimiter_colon", "LAYOUT_UNKNOWN", GOOD.replace(",", ":").encode()),
    Case("delimiter_changes", "RECORD_TOO_FEW_FIELDS", f"{HEADER}\n{ROW}\n{OTHER_ROW.replace(',', ';')}\n".encode()),
    # Fields.
    Case("a_field_too_few", "RECORD_TOO_FEW_FIELDS", f"{HEADER}\n{ROW}\n{OTHER_ROW[:-1]}\n".encode()),
    Case("a_field_too_many", "RECORD_TOO_MANY_FIELDS", f"{HEADER}\n{ROW}\n{OTHER_ROW},x\n".encode()),
    Case("ten_thousand_fields", "RECORD_TOO_MANY_FIELDS", f"{HEADER}\n{ROW}\n{_row(10_000)}\n".encode()),
    Case("a_million_fields", "RECORD_TOO_MANY_FIELDS", f"{HEADER}\n{ROW}\n{_row(1_000_000)}\n".encode()),
    Case("every_record_too_long", "RECORD_TOO_MANY_FIELDS", f"{HEADER}\n{(_row(12) + chr(10)) * 5000}".encode()),
    # Columns.
    Case("three_million_columns", "RECORD_TOO_LONG", _many_columns),
    Case("columns_2001", "TOO_MANY_COLUMNS", (",".join(f"c{n}" for n in range(2001)) + "\n" + _row(2001)).encode()),
    Case("columns_100000", "TOO_MANY_COLUMNS", (",".join(f"c{n}" for n in range(100_000)) + "\n1\n").encode()),
    Case("column_twice", "HEADER_DUPLICATE", f"{HEADER},comment\n{ROW},\n".encode()),
    Case("column_twice_in_other_case", "HEADER_DUPLICATE", f"{HEADER},COMMENT\n{ROW},\n".encode()),
    Case("column_twice_with_blanks", "HEADER_DUPLICATE", f"{HEADER}, comment \n{ROW},\n".encode()),
    Case("column_twice_with_hard_blanks", "HEADER_DUPLICATE", f"{HEADER},\u00a0comment\n{ROW},\n".encode()),
    Case("every_column_twice", "HEADER_DUPLICATE", f"{HEADER},{HEADER}\n{ROW},{ROW}\n".encode()),
    *(
        Case(
            f"column_missing_{column}",
            "COLUMN_MISSING",
            "\n".join(
                ",".join(cell for place, cell in enumerate(line.split(",")) if place != number)
                for line in (HEADER, ROW, OTHER_ROW)
            ).encode(),
        )
        for number, column in enumerate(COLUMNS[:9])
    ),
    Case(
        "column_unknown",
        "COLUMN_UNKNOWN",
        f"{HEADER},remarks\n{ROW},x\n{OTHER_ROW},\n".encode(),
        verdict="accepted_with_warnings",
    ),
    Case(
        "column_named_like_sql",
        "COLUMN_UNKNOWN",
        f'{HEADER},"""; DROP TABLE records; --"\n{ROW},x\n'.encode(),
        verdict="accepted_with_warnings",
    ),
    Case(
        "column_named_like_the_line_number",
        "COLUMN_UNKNOWN",
        f"{HEADER},_line_number\n{ROW},7\n".encode(),
        verdict="accepted_with_warnings",
    ),
    Case(
        "column_named_like_the_delivery",
        "COLUMN_UNKNOWN",
        f"{HEADER},_delivery_id\n{ROW},x\n".encode(),
        verdict="accepted_with_warnings",
    ),
    Case("column_name_of_a_megabyte", "COLUMN_NAME_TOO_LONG", f"{HEADER},{'n' * 900_000}\n{ROW},x\n".encode()),
    Case(
        "column_name_is_a_formula",
        "COLUMN_UNKNOWN",
        f"{HEADER},=cmd|' /C calc'!A0\n{ROW},x\n".encode(),
        verdict="accepted_with_warnings",
    ),
    Case(
        "column_name_is_markup",
        "COLUMN_UNKNOWN",
        f"{HEADER},<script>alert(1)</script>\n{ROW},x\n".encode(),
        verdict="accepted_with_warnings",
    ),
    good(
        "columns_in_another_order",
        "\n".join(",".join(reversed(line.split(","))) for line in (HEADER, ROW, OTHER_ROW)).encode(),
    ),
    # Sizes.
    Case("line_of_a_gigabyte_of_zeros", "NUL_BYTE", _sparse_line),
    Case("line_of_24_megabytes", "RECORD_TOO_LONG", _endless_line),
    Case("first_line_of_2_megabytes", "RECORD_TOO_LONG", b"x" * (2 * _MIB)),
    Case("cell_of_10_megabytes", "TEXT_TOO_LONG", with_cell("comment", "x" * (10 * _MIB))),
    Case("code_of_10_megabytes", "CODE_UNKNOWN", with_cell("movement", "x" * (10 * _MIB))),
    Case(
        "rows_all_the_same",
        "DUPLICATE_ROW",
        f"{HEADER}\n{(ROW + chr(10)) * 20_000}".encode(),
        verdict="accepted_with_warnings",
    ),
    Case("rows_that_contradict", "DUPLICATE_KEY", f"{HEADER}\n{ROW}\n{ROW.replace('2576', '2577')}\n".encode()),
    Case("blank_lines_by_the_million", "HEADER_ONLY", f"{HEADER}\n".encode() + b"\n" * 3_000_000),
    # Bytes that text never holds.
    Case("nul_in_header", "NUL_BYTE", GOOD.replace("movement", "move\0ment", 1).encode()),
    Case("nul_in_a_code", "NUL_BYTE", GOOD.replace("ENTRY", "EN\0TRY", 1).encode()),
    Case("nul_in_quotes", "NUL_BYTE", with_cell("comment", "a\0b", quoted=True)),
    Case("nul_at_the_end", "NUL_BYTE", f"{GOOD}\0".encode()),
    Case("nul_at_the_start", "NUL_BYTE", f"\0{GOOD}".encode()),
    Case("nul_past_the_head", "NUL_BYTE", (GOOD + "\n" * 1_100_000 + "\0").encode()),
    Case("zeros_only", "NUL_BYTE", b"\0" * 5000),
)
