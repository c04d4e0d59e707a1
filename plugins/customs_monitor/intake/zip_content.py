"""What a member of a ZIP archive holds, unpacked piece by piece."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from customs_monitor.intake.zip_directory import ArchiveFault, Entry, read_entries

_STORED, _DEFLATED = 0, 8
#: The ways of packing that are read.
METHODS = (_STORED, _DEFLATED)
_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_AES = 99
_CHUNK = 1 << 18


def is_encrypted(entry: Entry) -> bool:
    """Tell whether a member is protected by a password."""
    return bool(entry.flags & _ENCRYPTED) or entry.method == _AES


def only_member(file: BinaryIO, size: int) -> Entry | None:
    """Return the member of an archive that holds one file and nothing else, as some publishers pack a table.

    Args:
        file: what may be an archive.
        size: its size in bytes.

    Returns:
        The member; None where the file is no such archive, or none that can be opened.
    """
    try:
        entries = read_entries(file, size, most=1)
    except ArchiveFault:
        return None
    if len(entries) != 1 or is_encrypted(entries[0]) or entries[0].method not in METHODS:
        return None
    return None if entries[0].name.endswith(b"/") else entries[0]


def content(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """Yield the bytes of a member, no more than a quarter of a megabyte at a time.

    Raises:
        ArchiveFault: `ARCHIVE_DAMAGED` or `ARCHIVE_NOT_CLEAN`, after every byte before the fault.
    """
    file.seek(entry.data)
    left = entry.packed
    inflate = zlib.decompressobj(wbits=-15) if entry.method == _DEFLATED else None
    while left:
        packed = file.read(min(left, _CHUNK))
        if not packed:
            raise ArchiveFault("ARCHIVE_DAMAGED", "It is cut short.", entry.name)
        left -= len(packed)
        if inflate is None:
            yield packed
            continue
        while packed:
            if inflate.eof:
                raise ArchiveFault("ARCHIVE_NOT_CLEAN", "There are bytes behind its content.", entry.name)
            try:
                part = inflate.decompress(packed, _CHUNK)
            except zlib.error as error:
                raise ArchiveFault("ARCHIVE_DAMAGED", f"It cannot be unpacked ({error}).", entry.name) from error
            packed = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
            if part:
                yield part
    if inflate is not None:
        while part := inflate.decompress(inflate.unconsumed_tail, _CHUNK):
            yield part
        if not inflate.eof:
            raise ArchiveFault("ARCHIVE_DAMAGED", "It is cut short.", entry.name)
