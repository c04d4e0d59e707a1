"""Delimited text: what real senders and broken transfers do to it."""

from __future__ import annotations

import csv
import gzip
import io
import random
import threading
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from customs_monitor.contracts.formats import CsvFormat
from customs_monitor.intake import IntakeError, Limits, RawTable, open_table

Write = Callable[..., Path]
Read = Callable[..., Any]
Failure = Callable[..., IntakeError]


def until_fault(table: RawTable) -> tuple[list[dict[str, Any]], IntakeError]:
    """Return the rows before the fault, and the fault."""
    rows: list[dict[str, Any]] = []
    try:
        for batch in table.batches():
            rows += batch.to_pylist()
    except IntakeError as error:
        return rows, error
    pytest.fail("the file was read to its end")


def test_blank_lines_keep_the_line_numbers_right(write: Write, read: Read) -> None:
    columns, rows, problems = read(write("\n\na,b\n1,2\n\n\r\n3,4\n  \n5,6"))
    assert columns == ("a", "b")
    assert rows == [(4, "1", "2"), (7, "3", "4"), (9, "5", "6")]
    assert problems == []


def test_line_breaks_in_quotes_count_as_lines_and_not_as_records(write: Write, read: Read) -> None:
    _, rows, problems = read(write('a,b\n"x\ny\r\nz",1\n2\n"q ""r""",3\n'), CsvFormat(trim=False))
    assert rows == [(2, "x\ny\r\nz", "1"), (6, 'q "r"', "3")]
    assert problems == [("RECORD_TOO_FEW_FIELDS", 5)]


@pytest.mark.parametrize("block", [1, 7, 16, 1000])
def test_misshapen_records_are_listed_and_the_others_kept(write: Write, read: Read, block: int) -> None:
    path = write('a,b,c\n1,2,3\n1,2\n"x\ny",2,3\n1,2,3,4\n\n7,8,9\n')
    _, rows, problems = read(path, limits=Limits(block_bytes=block))
    assert rows == [(2, "1", "2", "3"), (4, "x\ny", "2", "3"), (8, "7", "8", "9")]
    assert problems == [("RECORD_TOO_FEW_FIELDS", 3), ("RECORD_TOO_MANY_FIELDS", 6)]


def test_a_misshapen_record_is_explained(write: Write) -> None:
    table = open_table(write("a,b\n1,2,3\n1,2\n"), CsvFormat())
    list(table.batches())
    (problem,) = table.problems
    assert problem.value == "1,2,3"
    assert problem.message == "The record has 3 fields; the header has 2."
    assert problem.cure


def test_every_misshapen_record_is_listed_without_a_cap(write: Write) -> None:
    table = open_table(write("a,b\n" + "1\n" * 30_000 + "1,2\n"), CsvFormat())
    assert sum(batch.num_rows for batch in table.batches()) == 1
    assert [problem.line for problem in table.problems] == list(range(2, 30_002))


def test_a_file_of_another_shape_is_given_up_in_bounded_memory(write: Write, failure: Failure) -> None:
    path = write("a,b\n" + "1\n" * 1000)
    error = failure(path, limits=Limits(problems=100, block_bytes=64))
    assert error.code == "RECORDS_MISSHAPEN"


@pytest.mark.parametrize(
    "text", ["a,b,\n1,2,\n3,4,\n", "a, b, \n1, 2, \n3, 4, \n"], ids=["ECB history", "ECB daily, with blanks"]
)
def test_a_delimiter_at_the_end_of_every_line_is_no_column(write: Write, read: Read, text: str) -> None:
    assert read(write(text)) == (("a", "b"), [(2, "1", "2"), (3, "3", "4")], [])


def test_a_delimiter_at_the_end_of_the_records_alone_is_no_column(write: Write, read: Read) -> None:
    path = write('code,value\r\n01,"1,5",\r\n02,,\r\n03,7,8\r\n04,9\r\n')
    columns, rows, problems = read(path)
    assert columns == ("code", "value")
    assert rows == [(2, "01", "1,5"), (3, "02", None)]
    assert problems == [("RECORD_TOO_MANY_FIELDS", 4), ("RECORD_TOO_FEW_FIELDS", 5)]


def test_a_delimiter_at_the_end_of_the_header_alone_is_no_column(write: Write, read: Read) -> None:
    assert read(write("a,b,\n1,2\n3,4\n")) == (("a", "b"), [(2, "1", "2"), (3, "3", "4")], [])


@pytest.mark.parametrize("block", [1, 2, 3, 7, 1000])
def test_a_backslash_escapes_quotes_where_the_contract_says_so(write: Write, read: Read, block: int) -> None:
    path = write('a,b\n"say \\"x, y\\", z",1\n"ends in \\\\","2"\n"line\\nbreak","C:\\x"\n')
    _, rows, problems = read(path, CsvFormat(escape="\\"), Limits(block_bytes=block, head_bytes=8))
    assert rows == [(2, 'say "x, y", z', "1"), (3, "ends in \\", "2"), (4, "line break", "C:\\x")]
    assert problems == []


def test_a_value_under_no_column_name_refuses_its_record_only(write: Write, read: Read) -> None:
    columns, rows, problems = read(write("a,b,\n1,2,\n3,4,oops\n5,6,\n"))
    assert columns == ("a", "b")
    assert rows == [(2, "1", "2"), (4, "5", "6")]
    assert problems == [("RECORD_TOO_MANY_FIELDS", 3)]


def test_a_column_without_a_name_gets_its_position(write: Write, read: Read) -> None:
    columns, rows, _ = read(write(",id,text\n0,4,Afghanistan\n"))
    assert columns == ("_unnamed_1", "id", "text")
    assert rows == [(2, "0", "4", "Afghanistan")]


def test_white_space_around_values_and_names_goes_unless_told_otherwise(write: Write, read: Read) -> None:
    path = write('"a ", b\u00a0\n" x","y\n"\n\u00a0z , \n')
    assert read(path) == (("a", "b"), [(2, "x", "y"), (4, "z", None)], [])
    assert read(path, CsvFormat(trim=False))[1] == [(2, " x", "y\n"), (4, "\u00a0z ", " ")]


def test_null_texts_are_missing_quoted_trimmed_or_not(write: Write, read: Read) -> None:
    path = write('a,b\nN/A,1\n"N/A", N/A\nNA,None\n')
    _, rows, _ = read(path, CsvFormat(null_values=("N/A", "None")))
    assert rows == [(2, None, "1"), (3, None, None), (4, "NA", None)]


def test_namibia_stays_a_country(write: Write, read: Read) -> None:
    assert read(write("partner,value\nNA,1\nnull,2\n"))[1] == [(2, "NA", "1"), (3, "null", "2")]


@pytest.mark.parametrize("delimiter", list(",;\t|"))
def test_the_delimiter_is_found_past_quotes_and_decimal_commas(write: Write, read: Read, delimiter: str) -> None:
    header = delimiter.join(["code", '"name, or | other; name"', "value"])
    record = delimiter.join(["01", '"a, b; c | d"', '"1,5"' if delimiter == "," else "1,5"])
    columns, rows, _ = read(write(f"{header}\n{record}\n{record}\n"))
    assert columns == ("code", "name, or | other; name", "value")
    assert rows[0] == (2, "01", "a, b; c | d", "1,5")


def test_one_column_is_read_as_one_column(write: Write, read: Read) -> None:
    assert read(write("code\n01\n02\n")) == (("code",), [(2, "01"), (3, "02")], [])


def test_a_declared_delimiter_that_the_file_does_not_use_is_named(write: Write, failure: Failure) -> None:
    error = failure(write("a;b;c\n1;2;3\n"), CsvFormat(delimiter=","))
    assert error.code == "DELIMITER_MISMATCH"
    assert "';'" in error.message


def test_a_quote_inside_a_field_is_a_letter(write: Write, read: Read) -> None:
    text = 'a,b\n5" pipe,"x\ny"\n"it""s","z"\n"q"r,1\n6" pipe,2\n'
    for block in (8, 1000):
        _, rows, problems = read(write(text), CsvFormat(trim=False), Limits(block_bytes=block))
        assert rows == [(2, '5" pipe', "x\ny"), (4, 'it"s', "z"), (5, "qr", "1"), (6, '6" pipe', "2")]
        assert problems == []


# Encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_encoding_is_found(write: Write, read: Read, encoding: str) -> None:
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    text = mark + "Größe;Straße\nÉté;à la carte\n" * 1
    assert read(write(text.encode(encoding))) == (("Größe", "Straße"), [(2, "Été", "à la carte")], [])


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252"])
def test_the_first_accent_decides_however_late_it_comes(write: Write, read: Read, encoding: str) -> None:
    content = b"a,b\n" + b"plain,text\n" * 1000 + "Müller,Straße\n".encode(encoding)
    _, rows, _ = read(write(content), limits=Limits(block_bytes=64, head_bytes=64))
    assert len(rows) == 1001
    assert rows[-1] == (1002, "Müller", "Straße")


def test_a_damaged_byte_in_utf_8_is_an_error_and_not_other_letters(write: Write, failure: Failure) -> None:
    content = "a,b\né,è\nü,ö\n".encode() + b"\xff,1\n"
    error = failure(write(content))
    assert (error.code, error.line) == ("ENCODING_INVALID", 4)
    assert f"offset {content.index(0xFF)}" in error.message


def test_utf_8_is_not_given_up_after_it_was_read_as_such(write: Write) -> None:
    content = "a,b\né,1\n".encode() + b"x,2\n" * 100 + "ü,3\n".encode("windows-1252")
    table = open_table(write(content), CsvFormat(), Limits(block_bytes=32, head_bytes=32))
    rows, error = until_fault(table)
    assert (error.code, error.line) == ("ENCODING_INVALID", 103)
    assert rows[0] == {"_line_number": 2, "a": "é", "b": "1"}


def test_a_byte_that_windows_1252_lacks_is_an_error(write: Write, failure: Failure) -> None:
    error = failure(write(b"a,b\n\xe9,1\n\xe8,\x81\n"))
    assert (error.code, error.line) == ("ENCODING_INVALID", 3)
    assert "0x81" in error.message


def test_declared_windows_1252_is_believed(write: Write, read: Read) -> None:
    content = "a,b\nÃ©,1\n".encode("windows-1252")  # valid UTF-8 by chance
    assert read(write(content), CsvFormat(encoding="windows-1252"))[1] == [(2, "Ã©", "1")]


# What is no table


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FILE_EMPTY"),
        (b"\n\r\n  \n", "FILE_EMPTY"),
        (b"\xef\xbb\xbf", "FILE_EMPTY"),
        (b"a,b\n", "HEADER_ONLY"),
        (b"a,b", "HEADER_ONLY"),
        (b"a,b\n\n\n", "HEADER_ONLY"),
        (b",,\n1,2,3\n", "HEADER_EMPTY"),
        (b"a,b,A\n1,2,3\n", "HEADER_DUPLICATE"),
        (b"a,b\n1,\x002\n", "NUL_BYTE"),
        (b'a,b\n1,"2\n3,4\n', "QUOTE_NOT_CLOSED"),
        (b'a,"b\n1,2\n3,4\n', "QUOTE_NOT_CLOSED"),
        (b"PK\x03\x04" + bytes(100), "NOT_TEXT"),
        (b"%PDF-1.7\n1,2\n", "NOT_TEXT"),
        (b"\x89PNG\r\n\x1a\n", "NOT_TEXT"),
        (b"PAR1" + bytes(20), "NOT_TEXT"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(20), "NOT_TEXT"),
        (b"\x7fELF" + bytes(20), "NOT_TEXT"),
        (gzip.compress(gzip.compress(b"a,b\n1,2\n", mtime=0), mtime=0), "NOT_TEXT"),
        (b"<!DOCTYPE html><html>login</html>", "FORMAT_MISMATCH"),
        (b'<?xml version="1.0"?><a/>', "FORMAT_MISMATCH"),
        (b'{"a": 1}', "FORMAT_MISMATCH"),
        ("a,b\n1,2\n".encode("utf-16-le"), "NUL_BYTE"),
        ("a,b\n1,2\n".encode("utf-32"), "ENCODING_INVALID"),
        (gzip.compress(b"", mtime=0), "FILE_EMPTY"),
        (b"\x1f\x8b", "GZIP_TRUNCATED"),
        (b"\x1f\x8b\x08garbage that is no deflate stream", "GZIP_CORRUPT"),
    ],
)
def test_what_is_no_table_is_named(write: Write, failure: Failure, content: bytes, code: str) -> None:
    assert failure(write(content)).code == code


def test_an_open_quote_is_told_where_it_opens_and_the_rows_before_it_are_read(write: Write) -> None:
    content = 'a,b\n"x\ny",1\n2,3\n4,"5\n6,7\n' + "8,9\n" * 100
    for block in (8, 64, 4096):
        table = open_table(write(content), CsvFormat(), Limits(block_bytes=block))
        rows, error = until_fault(table)
        assert (error.code, error.line) == ("QUOTE_NOT_CLOSED", 5)
        assert [row["_line_number"] for row in rows] == [2, 4]


def test_nul_bytes_past_the_head_are_told_by_line(write: Write, failure: Failure) -> None:
    content = b"a,b\n" + b"1,2\n" * 100 + b"3,\x00\n"
    error = failure(write(content), limits=Limits(head_bytes=64, block_bytes=64))
    assert (error.code, error.line) == ("NUL_BYTE", 102)


def test_a_line_of_a_gigabyte_is_not_read_to_its_end(write: Write, failure: Failure) -> None:
    path = write(b"a,b\n1,2\n")
    with path.open("r+b") as file:  # sparse: a gigabyte of nothing after the records
        file.truncate(1 << 30)
    assert failure(path).code == "NUL_BYTE"

    content = gzip.compress(b"a,b\n1,2\n" + b"x" * (40 << 20))
    error = failure(write(content), limits=Limits(expansion_ratio=10_000))
    assert (error.code, error.line) == ("RECORD_TOO_LONG", 3)


def test_a_header_without_a_line_break_is_not_searched_for_ever(write: Write, failure: Failure) -> None:
    assert failure(write(b"x" * 5000), limits=Limits(head_bytes=1000)).code == "RECORD_TOO_LONG"


def test_too_many_columns(write: Write, failure: Failure) -> None:
    header = ",".join(f"c{i}" for i in range(2001))
    assert failure(write(header + "\n" + "," * 2000 + "\n")).code == "TOO_MANY_COLUMNS"


# gzip


def test_gzip_is_read_whatever_the_name_and_the_number_of_members(write: Write, read: Read) -> None:
    content = gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"3,4\n") + bytes(512)
    assert read(write(content, "no-suffix"))[1] == [(2, "1", "2"), (3, "3", "4")]


def test_a_truncated_gzip_gives_the_rows_before_the_cut_and_then_says_so(write: Write) -> None:
    lines = [f"{number},{random.Random(number).random()}\n" for number in range(20_000)]
    content = gzip.compress(("a,b\n" + "".join(lines)).encode())
    table = open_table(write(content[: len(content) // 2]), CsvFormat(), Limits(block_bytes=4096))
    rows, error = until_fault(table)
    assert error.code == "GZIP_TRUNCATED"
    assert 5_000 < len(rows) < 20_000
    assert [row["a"] for row in rows] == [str(number) for number in range(len(rows))]
    assert table.problems == []


def test_a_gzip_bomb_is_stopped(write: Write, failure: Failure) -> None:
    content = gzip.compress(b"a,b\n" + b"1,2\n" * 5_000_000)
    error = failure(write(content), limits=Limits(expansion_grace=1 << 20))
    assert error.code == "EXPANDS_TOO_FAR"


# ZIP


def zipped(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_table_alone_in_a_zip_archive_is_read(write: Write, read: Read) -> None:
    path = write(zipped(("rates.csv", b"\xef\xbb\xbfa,b,\n1,2,\n3,4,\n")))
    for block in (3, 1000):
        assert read(path, limits=Limits(block_bytes=block)) == (("a", "b"), [(2, "1", "2"), (3, "3", "4")], [])


def test_an_archive_of_several_files_is_to_be_unpacked(write: Write, failure: Failure) -> None:
    error = failure(write(zipped(("a.csv", b"a,b\n1,2\n"), ("b.csv", b"a,b\n1,2\n"))))
    assert error.code == "NOT_TEXT"
    assert error.cure == "Send the files that are in it, one by one."


def test_a_damaged_zip_archive_gives_the_rows_before_the_damage(write: Write) -> None:
    lines = [f"{number},{random.Random(number).random()}\n" for number in range(20_000)]
    content = bytearray(zipped(("rates.csv", ("a,b\n" + "".join(lines)).encode())))
    content[len(content) // 2] ^= 0xFF
    table = open_table(write(bytes(content)), CsvFormat(), Limits(block_bytes=4096, head_bytes=4096))
    rows, error = until_fault(table)
    assert error.code == "ZIP_CORRUPT"
    assert [row["a"] for row in rows][:1000] == [str(number) for number in range(1000)]


def test_a_zip_bomb_is_stopped(write: Write, failure: Failure) -> None:
    content = zipped(("a.csv", b"a,b\n" + b"1,2\n" * 5_000_000))
    assert failure(write(content), limits=Limits(expansion_grace=1 << 20)).code == "EXPANDS_TOO_FAR"


def test_a_reader_that_stops_early_leaves_no_thread_behind(write: Write) -> None:
    table = open_table(write("a,b\n" + "1,2\n" * 10_000), CsvFormat(), Limits(block_bytes=256))
    batches = table.batches()
    next(batches)
    batches.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("intake")]


def test_blocks_come_back_in_order(write: Write) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([["n", "t"], *([i, "x" * (i % 97)] for i in range(20_000))])
    table = open_table(write(buffer.getvalue()), CsvFormat(), Limits(block_bytes=1000))
    lines = [line for batch in table.batches() for line in batch.column(0).to_pylist()]
    assert lines == list(range(2, 20_002))


@pytest.mark.parametrize("quoted", [False, True], ids=["plain", "quoted"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, quoted: bool) -> None:
    cell = '"0123456789"' if quoted else "0123456789"
    record = ",".join([cell] * 30) + "\n"
    size = 300_000_000
    path = tmp_path / "large.csv"
    with path.open("w") as file:
        file.write(",".join(f"c{i}" for i in range(30)) + "\n")
        for _ in range(size // (len(record) * 1000)):
            file.write(record * 1000)
    before = pa.total_allocated_bytes()
    arrow_peak = rows = 0
    tracemalloc.start()
    try:
        for batch in open_table(path, CsvFormat()).batches():
            rows += batch.num_rows
            arrow_peak = max(arrow_peak, pa.total_allocated_bytes() - before)
        _, python_peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert rows == size // (len(record) * 1000) * 1000
    assert arrow_peak + python_peak < 150_000_000
