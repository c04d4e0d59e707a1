"""Bounds that keep a hostile or broken file from exhausting the machine."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one read; the defaults suit deliveries of up to tens of gigabytes on 2 GiB of memory.

    Attributes:
        head_bytes: How much of a file is looked at to detect its encoding, delimiter and header.
        block_bytes: How much delimited text is parsed at once; 1 to 8 MiB are equally fast, 16 is a third slower.
        record_bytes: The longest record of delimited text; a longer one means a lost line break or quote.
        columns: The most columns of a table.
        problems: The most misshapen records that are listed before the file is taken for another file.
        expanded_bytes: The most bytes that one compressed file may expand to.
        expansion_ratio: The most bytes out per byte in, judged past `expansion_grace`. Real tables reach about
            60; a deflate bomb reaches 1,000.
        expansion_grace: Expanded bytes that are always allowed.
        document_bytes: The largest document of a format that has to be held in memory whole (JSON-stat).
        workbook_memory: Address space of the process that opens a workbook, in bytes.
        workbook_seconds: Processor time of the process that opens a workbook.
    """

    head_bytes: int = MIB
    block_bytes: int = 4 * MIB
    record_bytes: int = 16 * MIB
    columns: int = 2_000
    problems: int = 1_000_000
    expanded_bytes: int = 64 * 1024 * MIB
    expansion_ratio: int = 250
    expansion_grace: int = 64 * MIB
    document_bytes: int = 512 * MIB
    workbook_memory: int = 3 * 1024 * MIB
    workbook_seconds: int = 600


DEFAULT_LIMITS = Limits()
