"""ZIP archives of deliveries: where their names lead, what they hold beside files, and how large they become."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from pathlib import Path

from hostile.case import GOOD, Case, good
from hostile.workbook_parts import book

_CSV = GOOD.encode()


def made(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an archive of these members."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        for name, content in members:
            if isinstance(name, zipfile.ZipInfo):
                name.compress_type = method
            archive.writestr(name, content)
    return sink.getvalue()


def _named(name: bytes) -> bytes:
    """Return an archive whose one member has a name that Python would not write."""
    stand_in = b"n" * len(name)
    return made((stand_in.decode(), _CSV)).replace(stand_in, name)


def _info(name: str, kind: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (kind | 0o644) << 16
    return info


def _patched(data: bytes, local: int, central: int, value: bytes) -> bytes:
    """Replace bytes of the first local header and of the first entry of the table of contents."""
    changed = bytearray(data)
    changed[local : local + len(value)] = value
    place = changed.index(b"PK\x01\x02") + central
    changed[place : place + len(value)] = value
    return bytes(changed)


def _central(data: bytes, offset: int, value: bytes, which: int = 0) -> bytes:
    """Replace bytes in the table of contents only."""
    changed, place = bytearray(data), -1
    for _ in range(which + 1):
        place = changed.index(b"PK\x01\x02", place + 1)
    changed[place + offset : place + offset + len(value)] = value
    return bytes(changed)


def _end(data: bytes, offset: int, value: bytes) -> bytes:
    changed, place = bytearray(data), data.rindex(b"PK\x05\x06")
    changed[place + offset : place + offset + len(value)] = value
    return bytes(changed)


def _bomb(path: Path) -> None:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.csv", "w", force_zip64=True) as out,
    ):
        for _ in range(80):
            out.write(b"\0" * (1 << 20))


def _bomb_that_lies(path: Path) -> None:
    """80 MB that are said to be 100 bytes, in the table of contents and in the member's own header."""
    _bomb(path)
    data = path.read_bytes()
    place = data.index(b"PK\x01\x02")
    path.write_bytes(data[: place + 24] + struct.pack("<L", 100) + data[place + 28 :])


def _overlapping() -> bytes:
    """Two members that share the same bytes: the way in which a bomb of a few kilobytes becomes petabytes."""
    one, two = ("a.csv", _CSV), ("b.csv", _CSV)
    return _central(made(one, two), 42, struct.pack("<L", 0), which=1)


def _large_format() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive, archive.open("a.csv", "w", force_zip64=True) as out:
        out.write(_CSV)
    return sink.getvalue()


def _streamed() -> bytes:
    """An archive as it is written into a pipe: sizes follow the content."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, piece: bytes) -> int:  # type: ignore[override]
            self.data += piece
            return len(piece)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]
        archive.writestr("a.csv", _CSV)
        archive.writestr("b.csv", _CSV)
    return bytes(pipe.data)


_ONE = made(("a.csv", _CSV))
_CHECKSUM = struct.pack("<L", zlib.crc32(b"another"))

CASES = (
    good("zip", made(("a.csv", _CSV), ("b.csv", _CSV))),
    good("zip_stored", made(("a.csv", _CSV), method=zipfile.ZIP_STORED)),
    good("zip_with_a_folder", made(("data/", b""), ("data/a.csv", _CSV))),
    good("zip_of_a_workbook", made(("a.xlsx", book()))),
    good("zip_name_in_utf8", made(("Außenhandel €.csv", _CSV))),
    good("zip_of_a_mac", made(("a.csv", _CSV), ("__MACOSX/._a.csv", b"\0\5\x16\7"), (".DS_Store", b"\0"))),
    good("zip_large_format", _large_format()),
    good("zip_streamed", _streamed()),
    good("zip_of_hostile_csv", made(("a.csv", b"\0" * 100))),
    # Names.
    *(
        Case(f"zip_name_{name}", "ARCHIVE_NAME", _named(text))
        for name, text in {
            "climbs": b"../../etc/passwd",
            "climbs_within": b"a/../../b.csv",
            "climbs_back": b"a/..",
            "dot": b"./a.csv",
            "absolute": b"/etc/passwd",
            "absolute_twice": b"//host/share.csv",
            "windows_climbs": b"..\\..\\a.csv",
            "windows_folder": b"data\\a.csv",
            "windows_drive": b"C:/a.csv",
            "windows_drive_alone": b"c:a.csv",
            "windows_share": b"\\\\host\\a.csv",
            "nul": b"a.csv\0.exe",
            "line_break": b"a\nb.csv",
            "escape": b"\x1b[2Ja.csv",
            "no_utf8": b"\xff\xfe.csv",
            "latin": b"Au\xdfenhandel.csv",
            "overlong": b"\xc0\xaf.csv",
            "empty_folder": b"a//b.csv",
            "right_to_left": "\u202evsc.exe".encode(),
            "zero_width": "a\u200b.csv".encode(),
            "long": b"a" * 1_000,
        }.items()
    ),
    Case("zip_name_slash", "ARCHIVE_NAME", made(("/", b""))),
    Case("zip_name_twice", "ARCHIVE_DUPLICATE_NAME", made(("a.csv", _CSV), ("x/a.csv", _CSV))),
    Case("zip_name_twice_in_other_case", "ARCHIVE_DUPLICATE_NAME", made(("a.csv", _CSV), ("A.CSV", _CSV))),
    Case("zip_name_twice_composed", "ARCHIVE_DUPLICATE_NAME", made(("\u00e9.csv", _CSV), ("e\u0301.csv", _CSV))),
    Case(
        "zip_two_faults", "ARCHIVE_DUPLICATE_NAME ARCHIVE_NAME", made(("../a", _CSV), ("a.csv", _CSV), ("A.csv", _CSV))
    ),
    # What is no file.
    Case("zip_symbolic_link", "ARCHIVE_LINK", made((_info("a.csv", stat.S_IFLNK), b"/etc/passwd"))),
    Case("zip_device", "ARCHIVE_LINK", made((_info("a.csv", stat.S_IFCHR), b""))),
    Case("zip_pipe", "ARCHIVE_LINK", made((_info("a.csv", stat.S_IFIFO), b""))),
    Case("zip_socket", "ARCHIVE_LINK", made((_info("a.csv", stat.S_IFSOCK), b""))),
    Case("zip_folder_with_content", "ARCHIVE_NOT_CLEAN", made(("data/", _CSV))),
    # Archives in archives.
    Case("zip_in_zip", "ARCHIVE_NESTED", made(("a.zip", _ONE))),
    Case("zip_empty_in_zip", "ARCHIVE_NESTED", made(("a.zip", b"PK\x05\x06" + b"\0" * 18))),
    Case("zip_gz", "ARCHIVE_NESTED", made(("a.csv.gz", b"\x1f\x8b\x08" + b"\0" * 20))),
    Case("zip_seven_zip", "ARCHIVE_NESTED", made(("a.7z", b"7z\xbc\xaf\x27\x1c" + b"\0" * 20))),
    Case("zip_tar", "ARCHIVE_NESTED", made(("a.tar", b"\0" * 257 + b"ustar" + b"\0" * 250))),
    Case("zip_xz", "ARCHIVE_NESTED", made(("a.xz", b"\xfd7zXZ\0" + b"\0" * 20))),
    # Sizes.
    Case("zip_empty", "ARCHIVE_EMPTY", b"PK\x05\x06" + b"\0" * 18),
    Case("zip_folders_only", "ARCHIVE_EMPTY", made(("a/", b""), ("a/b/", b""))),
    Case("zip_rubbish_only", "ARCHIVE_EMPTY", made(("__MACOSX/._a", b"x"))),
    Case("zip_101_files", "ARCHIVE_TOO_MANY_FILES", made(*((f"{n}.csv", b"a") for n in range(101)))),
    Case("zip_20000_files", "ARCHIVE_TOO_MANY_FILES", made(*((f"{n}.csv", b"") for n in range(20_000)))),
    Case("zip_count_lies", "ARCHIVE_DAMAGED", _end(made(("a", b""), ("b", b"")), 8, struct.pack("<2H", 1, 1))),
    Case("zip_bomb", "ARCHIVE_EXPANDS_TOO_FAR", _bomb),
    Case("zip_bomb_that_lies", "ARCHIVE_EXPANDS_TOO_FAR", _bomb_that_lies),
    Case("zip_bomb_of_shared_bytes", "ARCHIVE_NOT_CLEAN", _overlapping()),
    Case("zip_size_too_small", "ARCHIVE_DAMAGED", _central(_ONE, 24, struct.pack("<L", 5))),
    Case("zip_size_too_large", "ARCHIVE_DAMAGED", _central(_ONE, 24, struct.pack("<L", 500_000_000))),
    Case("zip_packed_size_too_small", "ARCHIVE_NOT_CLEAN", _central(_ONE, 20, struct.pack("<L", 10))),
    Case("zip_packed_size_too_large", "ARCHIVE_NOT_CLEAN", _central(_ONE, 20, struct.pack("<L", 10_000))),
    Case("zip_large_format_size_missing", "ARCHIVE_DAMAGED", _central(_ONE, 20, b"\xff" * 8)),
    # Passwords and methods.
    Case("zip_encrypted", "ARCHIVE_ENCRYPTED", _patched(_ONE, 6, 8, b"\x01\0")),
    Case("zip_encrypted_strongly", "ARCHIVE_ENCRYPTED", _patched(_ONE, 6, 8, b"\x41\0")),
    Case("zip_encrypted_aes", "ARCHIVE_ENCRYPTED", _patched(_ONE, 8, 10, struct.pack("<H", 99))),
    Case("zip_encrypted_here_not_there", "ARCHIVE_NOT_CLEAN", _central(_ONE, 8, b"\x01\0")),
    Case("zip_bzip2", "ARCHIVE_METHOD", made(("a.csv", _CSV), method=zipfile.ZIP_BZIP2)),
    Case("zip_lzma", "ARCHIVE_METHOD", made(("a.csv", _CSV), method=zipfile.ZIP_LZMA)),
    Case("zip_method_unknown", "ARCHIVE_METHOD", _patched(_ONE, 8, 10, struct.pack("<H", 77))),
    Case("zip_method_here_not_there", "ARCHIVE_NOT_CLEAN", _central(_ONE, 10, b"\0\0")),
    # More than an archive, or less.
    Case("zip_csv_behind", "ARCHIVE_NOT_CLEAN", _ONE + _CSV),
    Case("zip_zeros_behind", "ARCHIVE_NOT_CLEAN", _ONE + b"\0" * 512),
    Case("zip_comment", "ARCHIVE_NOT_CLEAN", _end(_ONE, 20, b"\x05\0") + b"hello"),
    Case("zip_comment_is_a_page", "ARCHIVE_NOT_CLEAN", _end(_ONE, 20, b"\x0d\0") + b"<html></html>"),
    Case("zip_two_joined", "ARCHIVE_NOT_CLEAN", _ONE + made(("b.csv", _CSV))),
    Case(
        "zip_bytes_between",
        "ARCHIVE_NOT_CLEAN",
        _end(
            _ONE[: _ONE.index(b"PK\x01\x02")] + b"<script>" + _ONE[_ONE.index(b"PK\x01\x02") :],
            16,
            struct.pack("<L", _ONE.index(b"PK\x01\x02") + 8),
        ),
    ),
    Case("zip_other_name_inside", "ARCHIVE_NOT_CLEAN", _central(_ONE, 46, b"b")),
    Case("zip_other_content", "ARCHIVE_DAMAGED", _central(_ONE, 16, _CHECKSUM)),
    Case("zip_cut", "ARCHIVE_DAMAGED", _ONE[:-30]),
    Case("zip_head_only", "ARCHIVE_DAMAGED", _ONE[:20]),
    Case("zip_mark_only", "ARCHIVE_DAMAGED", b"PK\x03\x04"),
    Case("zip_in_parts", "ARCHIVE_DAMAGED", _end(_ONE, 4, b"\x01\0\x01\0")),
    Case("zip_table_elsewhere", "ARCHIVE_NOT_CLEAN", _end(_ONE, 16, struct.pack("<L", 0))),
    Case("zip_member_elsewhere", "ARCHIVE_NOT_CLEAN", _central(_ONE, 42, struct.pack("<L", 7))),
    Case("zip_member_beyond", "ARCHIVE_NOT_CLEAN", _central(_ONE, 42, struct.pack("<L", 1 << 31))),
    Case("zip_content_damaged", "ARCHIVE_DAMAGED", _ONE[:60] + bytes([_ONE[60] ^ 0xFF]) + _ONE[61:]),
)
