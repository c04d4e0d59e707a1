"""Files of another kind than their name says, and files of two kinds at once."""

from __future__ import annotations

import io
import pickle
import struct
import tarfile
import zipfile

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
from pyarrow import orc

from hostile.case import COLUMNS, GOOD, HEADER, OTHER_ROW, ROW, Case, good


def _table() -> pa.Table:
    rows = [line.split(",") for line in (ROW, OTHER_ROW)]
    return pa.table({name: [row[place] for row in rows] for place, name in enumerate(COLUMNS)})


def _parquet(**options: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(_table(), sink, **options)
    return sink.getvalue()


def _parquet_that_lies() -> bytes:
    """A footer that promises 2^60 rows: the varint of the number of rows is replaced by the largest."""
    data = bytearray(_parquet())
    length = struct.unpack("<I", data[-8:-4])[0]
    footer = bytes(data[-8 - length : -8])
    lying = footer.replace(b"\x16\x04", b"\x16\xfe\xff\xff\xff\xff\xff\xff\xff\x1f")
    return bytes(data[: -8 - length]) + lying + struct.pack("<I", len(lying)) + b"PAR1"


def _arrow_stream() -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, _table().schema) as writer:
        writer.write_table(_table())
    return sink.getvalue().to_pybytes()


def _of(write: object) -> bytes:
    sink = io.BytesIO()
    write(_table(), sink)  # type: ignore[operator]
    return sink.getvalue()


def _tar() -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        member = tarfile.TarInfo("../delivery.csv")
        member.size = len(GOOD)
        archive.addfile(member, io.BytesIO(GOOD.encode()))
    return sink.getvalue()


def _zip(name: str = "delivery.csv") -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(name, GOOD)
    return sink.getvalue()


_PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n"
#: Another kind of file under the name of a CSV, told by its first bytes.
_BINARY = {
    "pdf": _PDF,
    "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "gif": b"GIF89a\x01\0\x01\0",
    "elf": b"\x7fELF\x02\x01\x01" + b"\0" * 50,
    "windows_program": b"MZ\x90\0\x03\0\0\0",
    "bzip2": b"BZh91AY&SY",
    "seven_zip": b"7z\xbc\xaf\x27\x1c\0\x04",
    "rar": b"Rar!\x1a\x07\x01\0",
    "xz": b"\xfd7zXZ\0\0\x04",
    "zstandard": b"\x28\xb5\x2f\xfd\x24\0",
    "sqlite": b"SQLite format 3\0" + b"\0" * 80,
    "rich_text": b"{\\rtf1\\ansi{\\object\\objocx}}",
    "zip_empty": b"PK\x05\x06" + b"\0" * 18,
    "parquet": _parquet(),
    "parquet_that_lies": _parquet_that_lies(),
    "parquet_cut": _parquet()[:200],
    "parquet_mark_only": b"PAR1" * 2,
    "feather": _of(feather.write_feather),
}
#: Told by a byte that text never holds.
_ZEROS = {
    "arrow_stream": _arrow_stream(),
    "tar_with_a_path": _tar(),
    "java_class": b"\xca\xfe\xba\xbe\0\0\0\x34",
    "web_assembly": b"\0asm\x01\0\0\0",
    "pickle": pickle.dumps([1, 2]) + b"\0",
    "dbase": b"\x03\x7e\x06\x1e\x02\0\0\0a\0",
    "mp4": b"\0\0\0\x18ftypmp42",
    "disk_image": b"\0" * 0x8001 + b"CD001",
}
_TEXTS = {
    "html": (b"<!DOCTYPE html><html><body>Sign in</body></html>", "FORMAT_MISMATCH"),
    "html_without_type": (b"\n <HTML><body onload=alert(1)>", "FORMAT_MISMATCH"),
    "xml": (b'<?xml version="1.0"?><a/>', "FORMAT_MISMATCH"),
    "xml_with_entities": (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        "FORMAT_MISMATCH",
    ),
    "json": (b'{"a": 1}', "FORMAT_MISMATCH"),
    "json_list": (b'[{"a": 1}]', "FORMAT_MISMATCH"),
    "svg": (b"<svg onload=alert(1) xmlns='http://www.w3.org/2000/svg'/>\n", "HEADER_ONLY LAYOUT_UNKNOWN"),
    "shell_script": (b"#!/bin/sh\nrm -rf /\n", "LAYOUT_UNKNOWN"),
    "php": (b"<?php system($_GET['c']); ?>\n<?php ?>\n", "LAYOUT_UNKNOWN RECORD_TOO_FEW_FIELDS"),
    "edifact": (b"UNA:+.? 'UNB+UNOC:3+A+B+260101:0900+1'\nUNZ'\n", "LAYOUT_UNKNOWN"),
    "mail": (b"From: a@b\nSubject: statistics\n\nSee attachment.\n", "LAYOUT_UNKNOWN"),
    "private_key": (b"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n", "LAYOUT_UNKNOWN"),
    "git_lfs_pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "LAYOUT_UNKNOWN"),
    "sql_dump": (b"CREATE TABLE x (a int);\nINSERT INTO x VALUES (1);\n", "LAYOUT_UNKNOWN"),
    "orc": (_of(orc.write_table), "NUL_BYTE"),
    "avro": (b"Obj\x01\x02\x16avro.schema\x02{}\0", "NUL_BYTE"),
    "sylk": (b'ID;PWXL;N;E\nC;Y1;X1;K"=1"\n', "LAYOUT_UNKNOWN"),
    "query_file": (b"WEB\n1\nhttp://x/\n", "LAYOUT_UNKNOWN"),
    "shortcut": (b"[InternetShortcut]\nURL=file:///etc/passwd\n", "LAYOUT_UNKNOWN"),
    "excel_separator_line": (b"sep=,\n" + GOOD.encode(), "LAYOUT_UNKNOWN RECORD_TOO_MANY_FIELDS"),
    "another_feed": (b"reference_period,member_state,activity\n2026-Q2,AT,x\n", "LAYOUT_UNKNOWN"),
}

CASES = (
    *(Case(f"binary_{name}", "NOT_TEXT", content) for name, content in _BINARY.items()),
    Case("binary_old_office", "WORKBOOK_INVALID", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
    # The portal opens archives before it judges what is in them.
    good("binary_zip_of_a_csv", _zip()),
    *(Case(f"zeros_{name}", "NUL_BYTE", content) for name, content in _ZEROS.items()),
    *(Case(f"text_{name}", codes, content) for name, (content, codes) in _TEXTS.items()),
    # Named like another kind than they are: the content decides, not the name.
    good("csv_named_xlsx", GOOD.encode(), file="delivery.xlsx"),
    good("csv_named_exe", GOOD.encode(), file="delivery.exe"),
    good("csv_named_gz", GOOD.encode(), file="delivery.csv.gz"),
    good("csv_with_a_path_for_a_name", GOOD.encode(), file="..%2f..%2fetc%2fpasswd"),
    good("csv_with_a_formula_for_a_name", GOOD.encode(), file="=cmd|' /C calc'!A0.csv"),
    good("csv_with_markup_for_a_name", GOOD.encode(), file="<img src=x onerror=alert(1)>.csv"),
    good("csv_with_a_name_from_right_to_left", GOOD.encode(), file="\u202efdp.csv"),
    Case("parquet_named_xlsx", "NOT_TEXT", _parquet(), file="delivery.xlsx"),
    # Two kinds at once: the first bytes decide, and what follows must fit them.
    Case("pdf_then_zip", "NOT_TEXT", _PDF + _zip()),
    Case("pdf_then_csv", "NOT_TEXT", _PDF + GOOD.encode()),
    Case("gif_and_csv", "NOT_TEXT", b"GIF89a," + GOOD.encode()),
    Case("jpeg_then_zip", "NOT_TEXT", b"\xff\xd8\xff\xe0" + _zip()),
    Case("zip_then_csv", "FORMAT_MISMATCH", _zip() + GOOD.encode()),
    Case("html_and_csv", "FORMAT_MISMATCH", b"<html>" + GOOD.encode()),
    Case("html_behind_a_blank", "FORMAT_MISMATCH", b"  \n<html>\n" + GOOD.encode()),
    Case("html_comment_and_csv", "LAYOUT_UNKNOWN RECORD_TOO_MANY_FIELDS", b"<!--\n" + GOOD.encode() + b"-->\n"),
    Case("csv_then_zip", "NUL_BYTE", GOOD.encode() + _zip()),
    Case("csv_then_pdf", "RECORD_TOO_FEW_FIELDS", GOOD.encode() + _PDF),
    Case("csv_then_html", "RECORD_TOO_FEW_FIELDS", GOOD.encode() + b"<script>alert(1)</script>\n"),
    Case("csv_then_elf", "NUL_BYTE", GOOD.encode() + _BINARY["elf"]),
    Case(
        "csv_then_gzip",
        "ENCODING_INVALID RECORD_TOO_FEW_FIELDS",
        GOOD.encode() + "\u00e9\u00e8\u00ea\n".encode() + b"\x1f\x8b\x08",
    ),
    Case("shell_and_csv", "LAYOUT_UNKNOWN RECORD_TOO_MANY_FIELDS", b"#!/bin/sh\n" + GOOD.encode()),
    Case("rtf_and_csv", "NOT_TEXT", b"{\\rtf1 " + GOOD.encode()),
    Case(
        "header_twice",
        "CODE_UNKNOWN SENDER_MISMATCH TYPE_INTEGER TYPE_PERIOD",
        f"{HEADER}\n{ROW}\n{HEADER}\n{OTHER_ROW}\n".encode(),
    ),
)
