"""The table of contents of a ZIP archive, read so that nothing in the file is left unexplained.

The readers that exist forgive: data before the archive, between its members and behind it, members that share their
bytes, a name here and another there. What one forgives another reads differently, and that is how a file is two files
at once. Here the members and the table must cover the file byte by byte (APPNOTE.TXT 6.3.10, section 4.3).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import BinaryIO

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_END_MARK, _END64_LOCATOR_MARK, _END64_MARK = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"
_ENTRY_MARK, _LOCAL_MARK, _DESCRIPTOR_MARK = b"PK\x01\x02", b"PK\x03\x04", b"PK\x07\x08"
_SEE_EXTRA = 0xFFFFFFFF
_HAS_DESCRIPTOR = 0x0008
#: Of a member's entry with a name and extra fields of a sensible length; a longer table holds more than names.
_LONGEST_ENTRY = _ENTRY.size + 2_048


class ArchiveFault(Exception):
    """The archive cannot be taken as it is.

    Attributes:
        code: of `rules.yml`.
        what: what is wrong, in a sentence.
        member: the name of the member it is about, as bytes; None for the whole archive.
    """

    def __init__(self, code: str, what: str, member: bytes | None = None) -> None:
        super().__init__(code, what, member)
        self.code = code
        self.what = what
        self.member = member


@dataclass(frozen=True, slots=True)
class Entry:
    """A member as the table of contents has it; sizes and checksum are claims.

    Attributes:
        name: as written, without a decoding.
        flags: bit 0 encrypted, 11 the name is UTF-8.
        method: 0 stored, 8 deflate.
        mode: file type and permissions where it was made on Unix, else 0.
        offset: of the local header.
        data: offset of the packed bytes, once `read_entries` has seen the local header.
    """

    name: bytes
    flags: int
    method: int
    checksum: int
    packed: int
    size: int
    mode: int
    offset: int
    data: int = 0


def read_entries(file: BinaryIO, size: int, most: int) -> list[Entry]:
    """Read the table of contents and hold it against the file.

    Args:
        file: the archive.
        size: its size in bytes.
        most: the most members.

    Returns:
        The members in the order in which they lie in the file.

    Raises:
        ArchiveFault: `ARCHIVE_TOO_MANY_FILES`, `ARCHIVE_DAMAGED` or `ARCHIVE_NOT_CLEAN`.
    """
    count, length, start, end = _end_of(file, size)
    if count > most or length > most * _LONGEST_ENTRY:
        raise ArchiveFault("ARCHIVE_TOO_MANY_FILES", f"It has {count:,} members; at most {most:,} are opened.")
    if start + length != end:
        raise ArchiveFault("ARCHIVE_NOT_CLEAN", "Its table of contents does not lie where it says.")
    table = _read(file, start, length)
    entries = sorted(_entries(table), key=lambda entry: entry.offset)
    if len(entries) != count:
        raise ArchiveFault("ARCHIVE_DAMAGED", f"It should have {count:,} members and lists {len(entries):,}.")
    found: list[Entry] = []
    position = 0
    for number, entry in enumerate(entries):
        if entry.offset != position:
            raise ArchiveFault(
                "ARCHIVE_NOT_CLEAN", f"There are bytes that belong to no member, or to two, at {position:,}."
            )
        following = entries[number + 1].offset if number + 1 < len(entries) else start
        data, position = _extent(file, entry, following)
        found.append(replace(entry, data=data))
    if position != start:
        raise ArchiveFault("ARCHIVE_NOT_CLEAN", f"There are bytes that belong to no member at {position:,}.")
    return found


def _end_of(file: BinaryIO, size: int) -> tuple[int, int, int, int]:
    """Return from the record at the end: members, length of the table, where it begins, and where it should end."""
    place = size - _END.size
    if place < 0:
        raise ArchiveFault("ARCHIVE_DAMAGED", "It is shorter than the record at the end of every archive.")
    mark, disk, first_disk, here, count, length, start, comment = _END.unpack(_read(file, place, _END.size))
    if mark != _END_MARK or comment:
        tail = _read(file, max(size - 65_557, 0), min(size, 65_557))
        if _END_MARK in tail:
            raise ArchiveFault("ARCHIVE_NOT_CLEAN", "Something follows the archive: a comment, or another file.")
        raise ArchiveFault("ARCHIVE_DAMAGED", "Its table of contents is missing.")
    if place >= _END64_LOCATOR.size:
        locator = _read(file, place - _END64_LOCATOR.size, _END64_LOCATOR.size)
        if locator.startswith(_END64_LOCATOR_MARK):
            _, _, place, _ = _END64_LOCATOR.unpack(locator)
            if place + _END64.size + _END64_LOCATOR.size + _END.size != size:
                raise ArchiveFault("ARCHIVE_NOT_CLEAN", "Its record for large archives does not lie where it says.")
            mark, _, _, _, disk, first_disk, here, count, length, start = _END64.unpack(_read(file, place, _END64.size))
            if mark != _END64_MARK:
                raise ArchiveFault("ARCHIVE_DAMAGED", "Its record for large archives is damaged.")
    if disk or first_disk or here != count:
        raise ArchiveFault("ARCHIVE_DAMAGED", "It is one part of an archive in several parts.")
    return count, length, start, place


def _entries(table: bytes) -> list[Entry]:
    found: list[Entry] = []
    position = 0
    while position < len(table):
        if position + _ENTRY.size > len(table):
            raise ArchiveFault("ARCHIVE_DAMAGED", "Its table of contents is cut short.")
        fields = _ENTRY.unpack_from(table, position)
        mark, _, _, flags, method, _, _, checksum, packed, size, name_length, extra_length, comment_length = fields[:13]
        attributes, offset = fields[15:]
        if mark != _ENTRY_MARK:
            raise ArchiveFault("ARCHIVE_DAMAGED", "Its table of contents is damaged.")
        position += _ENTRY.size
        name = table[position : position + name_length]
        extra = table[position + name_length : position + name_length + extra_length]
        position += name_length + extra_length + comment_length
        if position > len(table):
            raise ArchiveFault("ARCHIVE_DAMAGED", "Its table of contents is cut short.", name)
        size, packed, offset = _large(extra, size, packed, offset, name)
        found.append(Entry(name, flags, method, checksum, packed, size, attributes >> 16, offset))
    return found


def _large(extra: bytes, size: int, packed: int, offset: int, name: bytes) -> tuple[int, int, int]:
    """Replace what does not fit 32 bits by its value in the extra field 1 (ZIP64)."""
    values = [size, packed, offset]
    if _SEE_EXTRA not in values:
        return size, packed, offset
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        position += 4
        if kind == 1:
            field = extra[position : position + length]
            for number, value in enumerate(values):
                if value == _SEE_EXTRA:
                    if len(field) < 8:
                        break
                    values[number] = int.from_bytes(field[:8], "little")
                    field = field[8:]
            else:
                return values[0], values[1], values[2]
            break
        position += length
    raise ArchiveFault("ARCHIVE_DAMAGED", "A size of a member is missing.", name)


def _extent(file: BinaryIO, entry: Entry, following: int) -> tuple[int, int]:
    """Return where the packed bytes of a member begin, and where what belongs to it ends."""
    header = _read(file, entry.offset, _LOCAL.size)
    mark, _, flags, method, _, _, _, _, _, name_length, extra_length = _LOCAL.unpack(header)
    if mark != _LOCAL_MARK:
        raise ArchiveFault("ARCHIVE_DAMAGED", "A member does not begin where the table of contents says.", entry.name)
    name = _read(file, entry.offset + _LOCAL.size, name_length)
    if name != entry.name or method != entry.method or (flags ^ entry.flags) & 0x0001:
        raise ArchiveFault("ARCHIVE_NOT_CLEAN", "A member is another than the table of contents says.", entry.name)
    data = entry.offset + _LOCAL.size + name_length + extra_length
    end = data + entry.packed
    if end > following:
        raise ArchiveFault("ARCHIVE_NOT_CLEAN", "A member reaches into the next one.", entry.name)
    if flags & _HAS_DESCRIPTOR and end < following:
        # Checksum and two sizes of 4 or 8 bytes, with or without a mark in front.
        behind = _read(file, end, min(following - end, 24))
        lengths = (16, 24) if behind.startswith(_DESCRIPTOR_MARK) else (12, 20)
        if following - end in lengths:
            end = following
    return data, end


def _read(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    found = file.read(length)
    if len(found) != length:
        raise ArchiveFault("ARCHIVE_DAMAGED", "It ends before its table of contents says.")
    return found
