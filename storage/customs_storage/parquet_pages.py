"""What the pages of a Parquet file claim to become when they are decompressed.

PyArrow allocates what a page's header claims before it decompresses, up to 2 GiB, and neither the footer nor the file's
size bounds that. The headers can be read without decompressing: Thrift's compact protocol, structure `PageHeader` of
parquet-format 2.x (`type`, `uncompressed_page_size`, `compressed_page_size` are its fields 1 to 3).
"""

from __future__ import annotations

from typing import BinaryIO

import pyarrow.parquet as pq

_HEADER_BYTES = 1 << 20
"""More than any header has, statistics included."""

_STOP, _TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(13)
_MAX_DEPTH = 8


class PageError(ValueError):
    """The pages are not where, or not what, the footer says."""


def largest_page(stream: BinaryIO, footer: pq.FileMetaData) -> int:
    """Return the largest uncompressed size that any page of the file claims, in bytes.

    Args:
        stream: the file; its position is put back.
        footer: its metadata, of which only the columns' places are used.

    Raises:
        PageError: if a header is no page header.
    """
    before = stream.tell()
    largest = 0
    for group in range(footer.num_row_groups):
        for column in range(footer.num_columns):
            chunk = footer.row_group(group).column(column)
            start = chunk.data_page_offset
            if chunk.has_dictionary_page and 0 < chunk.dictionary_page_offset < start:
                start = chunk.dictionary_page_offset
            largest = max(largest, _largest_in_chunk(stream, start, start + chunk.total_compressed_size))
    stream.seek(before)
    return largest


def _largest_in_chunk(stream: BinaryIO, position: int, end: int) -> int:
    largest = 0
    while position < end:
        stream.seek(position)
        header = _Header(stream.read(min(_HEADER_BYTES, end - position)))
        largest = max(largest, header.uncompressed)
        position += header.length + header.compressed
    return largest


class _Header:
    """The sizes in one page header."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        sizes: dict[int, int] = {}
        field = 0
        while (kind := self._byte()) != _STOP:
            field = field + (kind >> 4) if kind >> 4 else self._integer()
            if kind & 15 == _I32:
                sizes[field] = self._integer()
            else:
                self._skip(kind & 15, 0)
        self.length = self._at
        self.uncompressed, self.compressed = sizes.get(2, -1), sizes.get(3, -1)
        if self.uncompressed < 0 or self.compressed < 0:
            raise PageError("a page header without sizes")

    def _byte(self) -> int:
        if self._at >= len(self._data):
            raise PageError("a page header that does not end")
        self._at += 1
        return self._data[self._at - 1]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value
            if shift > 63:
                raise PageError("a page header with a number beyond 64 bits")

    def _integer(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _skip(self, kind: int, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise PageError("a page header nested too deeply")
        if kind in (_TRUE, _FALSE):
            return
        if kind == _BYTE:
            self._byte()
        elif kind in (_I16, _I32, _I64):
            self._varint()
        elif kind == _DOUBLE:
            self._at += 8
        elif kind == _BINARY:
            length = self._varint()
            self._at += length
        elif kind == _STRUCT:
            while (inner := self._byte()) != _STOP:
                if not inner >> 4:
                    self._integer()
                self._skip(inner & 15, depth + 1)
        else:
            raise PageError("a page header with a field that page headers do not have")
