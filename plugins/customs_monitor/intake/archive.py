"""ZIP archives of deliveries: opened whole, or not at all.

Members become files under names of ours, so that no name of a sender is ever a path. What the table of contents says
of sizes is not believed: bytes are counted as they come.
"""

from __future__ import annotations

import re
import stat
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from customs_monitor.intake.limits import DEFAULT_LIMITS, MIB, Limits
from customs_monitor.intake.source import ARCHIVES, WORKBOOK_PARTS, WORKBOOK_SIGNATURES
from customs_monitor.intake.zip_content import METHODS, content, is_encrypted
from customs_monitor.intake.zip_directory import ArchiveFault, Entry, read_entries

_EMPTY = b"PK\x05\x06"
#: What systems put beside the files that somebody packs.
_BESIDE = re.compile(r"(?:.*/)?(?:__MACOSX/.*|\.DS_Store|Thumbs\.db|desktop\.ini)", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")
#: First bytes of what is packed itself; of ZIP archives only workbooks may lie in one.
_PACKED = (b"\x1f\x8b", *ARCHIVES)
_TAR = (257, b"ustar")
_LONGEST_NAME = 200
#: Parts of a workbook: a few hundred with a sheet for every month of years.
_MOST_PARTS = 10_000


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Bounds of one archive.

    Attributes:
        members: the most members.
        unpacked_bytes: of all members together.
    """

    members: int = 100
    unpacked_bytes: int = 4 * 1024 * MIB


@dataclass(frozen=True, slots=True)
class Member:
    """A file that was in an archive.

    Attributes:
        name: without folders; safe to show.
        path: where it lies now.
    """

    name: str
    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class MemberFault:
    """Why an archive is refused.

    Attributes:
        code: of `rules.yml`.
        what: in a sentence.
        member: the name as far as it can be shown; None for the whole archive.
    """

    code: str
    what: str
    member: str | None


def is_archive(path: Path) -> bool:
    """Tell whether a file is a ZIP archive of deliveries; a workbook, which is a ZIP archive too, is none."""
    with path.open("rb") as file:
        head = file.read(4)
        if head == _EMPTY:
            return True
        return head == WORKBOOK_SIGNATURES[0] and not _is_workbook(file, path.stat().st_size)


def open_archive(
    path: Path, folder: Path, limits: ArchiveLimits | None = None, reading: Limits = DEFAULT_LIMITS
) -> tuple[list[Member], list[MemberFault]]:
    """Unpack an archive.

    Args:
        path: the archive.
        folder: an empty folder for its files.
        limits: of the archive.
        reading: for the ratio of unpacked to packed bytes.

    Returns:
        The files in the order of the archive and no fault, or no file and every fault that was found.
    """
    limits = limits or ArchiveLimits()
    with path.open("rb") as file:
        try:
            entries = read_entries(file, path.stat().st_size, limits.members)
        except ArchiveFault as fault:
            return [], [_shown(fault)]
        faults = [_shown(fault) for fault in _faults(entries)]
        wanted = [entry for entry in entries if not entry.name.endswith(b"/") and not _is_beside(entry)]
        if not wanted and not faults:
            faults = [MemberFault("ARCHIVE_EMPTY", "There is no file in it.", None)]
        if faults:
            return [], faults
        try:
            return list(_unpack(file, wanted, folder, limits, reading)), []
        except ArchiveFault as fault:
            return [], [_shown(fault)]


def _faults(entries: list[Entry]) -> Iterator[ArchiveFault]:
    """Find what is wrong with members as the table of contents has them."""
    seen: set[str] = set()
    for entry in entries:
        if is_encrypted(entry):
            yield ArchiveFault("ARCHIVE_ENCRYPTED", "It is protected by a password.", entry.name)
        elif entry.method not in METHODS:
            yield ArchiveFault("ARCHIVE_METHOD", f"It is packed by method {entry.method}.", entry.name)
        kind = stat.S_IFMT(entry.mode)
        if kind and kind not in (stat.S_IFREG, stat.S_IFDIR):
            what = "a link to another file" if kind == stat.S_IFLNK else "a device or a pipe"
            yield ArchiveFault("ARCHIVE_LINK", f"It is no file but {what}.", entry.name)
        try:
            name = _name(entry)
        except ValueError as error:
            yield ArchiveFault("ARCHIVE_NAME", f"{error}.", entry.name)
            continue
        if entry.name.endswith(b"/"):
            if entry.size or entry.packed > 2:  # an empty deflate stream has two bytes
                yield ArchiveFault("ARCHIVE_NOT_CLEAN", "It is a folder with a content of its own.", entry.name)
        elif not _is_beside(entry):
            same = unicodedata.normalize("NFC", name).casefold()
            if same in seen:
                yield ArchiveFault("ARCHIVE_DUPLICATE_NAME", "Another file has the same name.", entry.name)
            seen.add(same)


def _name(entry: Entry) -> str:
    """Return the name of a member without its folders.

    Raises:
        ValueError: it is none that is taken; the text says why.
    """
    try:
        name = entry.name.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError("Its name is not UTF-8") from error
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for character in name):
        raise ValueError("Its name has characters that cannot be seen")
    if "\\" in name or name.startswith("/") or _DRIVE.match(name):
        raise ValueError("Its name is a path of another system, or one that does not begin in the archive")
    parts = name.removesuffix("/").split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise ValueError("Its name leads out of its folder")
    if len(name.encode()) > _LONGEST_NAME:
        raise ValueError(f"Its name is longer than {_LONGEST_NAME} bytes")
    return parts[-1]


def _is_beside(entry: Entry) -> bool:
    return _BESIDE.fullmatch(entry.name.decode("utf-8", errors="replace")) is not None


def _unpack(
    file: BinaryIO, entries: list[Entry], folder: Path, limits: ArchiveLimits, reading: Limits
) -> Iterator[Member]:
    total = 0
    packed_total = sum(entry.packed for entry in entries)
    allowed = min(limits.unpacked_bytes, max(reading.expansion_grace, packed_total * reading.expansion_ratio))
    for number, entry in enumerate(entries, start=1):
        path = folder / f"{number:05d}"
        size, checksum = 0, 0
        with path.open("xb") as target:
            for part in content(file, entry):
                size += len(part)
                if total + size > allowed:
                    raise ArchiveFault(
                        "ARCHIVE_EXPANDS_TOO_FAR",
                        f"{packed_total:,} packed bytes become more than {allowed:,}.",
                        entry.name,
                    )
                checksum = zlib.crc32(part, checksum)
                target.write(part)
        if size != entry.size or checksum != entry.checksum:
            raise ArchiveFault("ARCHIVE_DAMAGED", "It is not what the table of contents says.", entry.name)
        _refuse_packed(path, entry)
        total += size
        yield Member(_name(entry), path, size)


def _refuse_packed(path: Path, entry: Entry) -> None:
    with path.open("rb") as file:
        head = file.read(512)
    nested = head.startswith(_PACKED) or head[_TAR[0] :].startswith(_TAR[1])
    if nested or (head.startswith(WORKBOOK_SIGNATURES[0]) and is_archive(path)):
        raise ArchiveFault("ARCHIVE_NESTED", "It is an archive itself.", entry.name)


def _is_workbook(file: BinaryIO, size: int) -> bool:
    """Tell by its parts whether a ZIP archive is a workbook.

    Where the table of contents cannot be read, the name of the first part decides: Office and OpenDocument write
    theirs first.
    """
    try:
        names = [entry.name for entry in read_entries(file, size, _MOST_PARTS)]
    except ArchiveFault:
        file.seek(0)
        head = file.read(30 + 256)
        names = [head[30 : 30 + int.from_bytes(head[26:28], "little")]]
    first = tuple(part.encode() for part in (*WORKBOOK_PARTS, "_rels/", "docProps/"))
    return any(name.startswith(first) for name in names)


def _shown(fault: ArchiveFault) -> MemberFault:
    """Make a fault fit to be shown: the name is a stranger's."""
    if fault.member is None:
        return MemberFault(fault.code, fault.what, None)
    name = fault.member[:1_000].decode("utf-8", errors="replace")
    visible = "".join(
        character if unicodedata.category(character)[0] != "C" else "\N{REPLACEMENT CHARACTER}" for character in name
    )
    return MemberFault(fault.code, fault.what, visible[:_LONGEST_NAME])
