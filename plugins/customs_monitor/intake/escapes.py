"""Delimited text whose quotes are escaped by a backslash, read as RFC 4180 would write it."""

from __future__ import annotations

import re

from customs_monitor.intake.source import ByteStream

_ESCAPE = re.compile(rb'\\(["\\/bfnrt])')
_MEANT = {b'"': b'""', b"\\": b"\\", b"/": b"/"}


class Unescaped:
    r"""A stream in which `\"` stands for a quote inside quotes, as in exports that write every cell as JSON text.

    A quote becomes the doubled quote that parsers know, an escaped line break or tab a blank, so that every record
    stays on the line on which it is in the file. Any other backslash is a letter.
    """

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._open = b""

    def read(self, size: int = 1 << 20, /) -> bytes:
        """Return about `size` bytes, and no byte only at the end."""
        while True:
            chunk = self._stream.read(max(size, 1))
            data, self._open = self._open + chunk, b""
            if not data:
                return b""
            if chunk and (len(data) - len(data.rstrip(b"\\"))) % 2:
                data, self._open = data[:-1], data[-1:]  # what it escapes comes with the next chunk
            if data:
                return _ESCAPE.sub(lambda found: _MEANT.get(found[1], b" "), data)
