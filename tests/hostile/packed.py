"""Gzip that is cut, joined, bent, or larger inside than any table."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

from customs_monitor.intake.limits import DEFAULT_LIMITS
from hostile.case import GOOD, HEADER, ROW, Case, good

#: Bytes that no gzip file may expand to where it is packed so well: past the grace of `intake.limits`.
_TOO_FAR = DEFAULT_LIMITS.expansion_grace + (8 << 20)
_PACKED = gzip.compress(GOOD.encode(), mtime=0)
_BODY, _TAIL = _PACKED[:-8], _PACKED[-8:]
#: Offset in the header of the method and of the flags.
_METHOD, _FLAGS = 2, 3
_HEADER_CHECKSUM, _EXTRA, _NAME, _COMMENT, _RESERVED = 2, 4, 8, 16, 0xE0


def _with(offset: int, value: int) -> bytes:
    changed = bytearray(_PACKED)
    changed[offset] = value
    return bytes(changed)


def _with_part(flag: int, part: bytes) -> bytes:
    return _PACKED[:3] + bytes([flag]) + _PACKED[4:10] + part + _PACKED[10:]


def _bomb(path: Path, letter: bytes, size: int, head: bytes = b"") -> None:
    """Write a gzip file of one letter repeated."""
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(head)
        piece = letter * (1 << 20)
        for _ in range(size >> 20):
            file.write(piece)


def _rows(path: Path) -> None:
    """Rows that are all the same: packed a thousand times smaller. Blanks make them long, as each of them is told."""
    row = f"{ROW}{' ' * 1900}\n".encode()
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(f"{HEADER}\n".encode())
        for _ in range(_TOO_FAR // len(row)):
            file.write(row)


def _nested(depth: int) -> bytes:
    data = GOOD.encode()
    for _ in range(depth):
        data = gzip.compress(data, mtime=0)
    return data


def _empty_members() -> bytes:
    return gzip.compress(b"", mtime=0) * 50_000 + _PACKED


CASES = (
    good("gz", _PACKED),
    good("gz_two_members", gzip.compress(GOOD[:100].encode()) + gzip.compress(GOOD[100:].encode())),
    good("gz_zeros_behind", _PACKED + b"\0" * 1024),
    good("gz_empty_members_before", _empty_members()),
    good("gz_name_is_a_path", _with_part(_NAME, b"../../etc/passwd\0")),
    good("gz_comment", _with_part(_COMMENT, b"=cmd\0")),
    good("gz_extra_field", _with_part(_EXTRA, struct.pack("<H", 4) + b"abcd")),
    Case("gz_checksum_of_header_wrong", "GZIP_CORRUPT", _with_part(_HEADER_CHECKSUM, b"\0\0")),
    Case("gz_of_nothing", "FILE_EMPTY", gzip.compress(b"")),
    Case("gz_mark_only", "GZIP_TRUNCATED", b"\x1f\x8b"),
    Case("gz_header_only", "GZIP_TRUNCATED", _PACKED[:10]),
    Case("gz_cut_in_the_middle", "COLUMN_MISSING GZIP_TRUNCATED", _PACKED[: len(_PACKED) // 2]),
    Case("gz_cut_before_the_checksum", "GZIP_TRUNCATED", _BODY),
    Case("gz_cut_in_the_checksum", "GZIP_TRUNCATED", _PACKED[:-4]),
    Case("gz_cut_in_the_second_member", "GZIP_TRUNCATED", _PACKED + gzip.compress(GOOD.encode())[:40]),
    Case("gz_text_behind", "GZIP_CORRUPT", _PACKED + b"and more"),
    Case("gz_csv_behind", "GZIP_CORRUPT", _PACKED + GOOD.encode()),
    Case("gz_checksum_wrong", "GZIP_CORRUPT LAYOUT_UNKNOWN", _BODY + bytes(4) + _TAIL[4:]),
    Case("gz_size_wrong", "GZIP_CORRUPT LAYOUT_UNKNOWN", _BODY + _TAIL[:4] + struct.pack("<I", 0xFFFFFFFF)),
    Case("gz_method_unknown", "GZIP_CORRUPT", _with(_METHOD, 7)),
    Case("gz_flags_reserved", "GZIP_CORRUPT", _with(_FLAGS, _RESERVED)),
    Case("gz_a_bit_flipped", "GZIP_CORRUPT", _with(40, _PACKED[40] ^ 0x10)),
    Case("gz_name_without_end", "GZIP_TRUNCATED", _with_part(_NAME, b"a" * 100_000)[:90_000]),
    Case("gz_in_gz", "NOT_TEXT", _nested(2)),
    Case("gz_ten_deep", "NOT_TEXT", _nested(10)),
    Case("gz_zlib_stream", "ENCODING_INVALID LAYOUT_UNKNOWN", zlib.compress(GOOD.encode())),
    Case("gz_of_pdf", "NOT_TEXT", gzip.compress(b"%PDF-1.7")),
    Case("gz_of_nul", "NUL_BYTE", gzip.compress(GOOD.encode() + b"\0")),
    Case("gz_bomb_of_zeros", "NUL_BYTE", lambda path: _bomb(path, b"\0", _TOO_FAR)),
    Case("gz_bomb_of_line_breaks", "EXPANDS_TOO_FAR", lambda path: _bomb(path, b"\n", _TOO_FAR, GOOD.encode())),
    Case("gz_bomb_of_commas", "RECORD_TOO_LONG", lambda path: _bomb(path, b",", _TOO_FAR)),
    Case("gz_bomb_of_quotes", "QUOTE_NOT_CLOSED", lambda path: _bomb(path, b'"', 64 << 20, f"{HEADER}\n".encode())),
    Case("gz_bomb_of_rows", "DUPLICATE_ROW EXPANDS_TOO_FAR", _rows),
    Case("gz_line_without_end", "RECORD_TOO_LONG", lambda path: _bomb(path, b"x", _TOO_FAR, f"{HEADER}\n".encode())),
)
