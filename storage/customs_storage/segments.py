"""A file name that somebody else chose, as one segment of a key.

Most names are kept as they are, so that a person finds the file: letters and digits of any script, and `- _ . ! ' ( )`,
which every S3 server and file system takes. The rest, space and percent sign too, is percent-encoded, and so are
a leading dot (hidden files) and the first letter of a name that means something else in its folder (`receipt.json`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from urllib.parse import unquote_to_bytes

from customs_storage.keys import MAX_SEGMENT_BYTES

_SAFE = frozenset("-_.!'()")


def encode_name(name: str, reserved: Collection[str] = ()) -> str:
    """Return a file name as a segment.

    Args:
        name: as the operating system gives it, bytes that are no UTF-8 as lone surrogates (PEP 383).
        reserved: names that the segment must not be.

    Raises:
        ValueError: if it is no name (empty, `.`, `..`, with a slash or NUL) or too long for a key; the message goes
            on where the name ends.
    """
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise ValueError("is no file name: give the name alone, without its folder")
    hidden = name.startswith(".") or name in reserved
    try:
        segment = "".join(
            character if _is_safe(character) and not (hidden and position == 0) else _percent(character)
            for position, character in enumerate(name)
        )
    except UnicodeEncodeError:
        raise ValueError("is no text: rename the file") from None
    if decode_name(segment) != name:
        raise ValueError("is no text: rename the file")
    if len(segment.encode("utf-8")) > MAX_SEGMENT_BYTES:
        raise ValueError(f"is too long: shorten it to {MAX_SEGMENT_BYTES} bytes, where blanks and signs count three")
    return segment


def decode_name(segment: str) -> str:
    """Return the file name that a segment stands for."""
    return unquote_to_bytes(segment).decode("utf-8", "surrogateescape")


def _is_safe(character: str) -> bool:
    if character.isascii():
        return character.isalnum() or character in _SAFE
    return unicodedata.category(character)[0] in "LNM"


def _percent(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogateescape"))
