"""What a key may look like, the same on every store so that a store can be copied from one kind to another."""

from __future__ import annotations

import unicodedata

from customs_storage.errors import InvalidKey

MAX_KEY_BYTES = 900
"""S3 allows 1024 bytes for the whole key; the rest is left to the prefix in the store's URL."""

MAX_SEGMENT_BYTES = 255
"""NAME_MAX of Linux file systems."""


def check_key(key: str) -> str:
    """Return the key if it is one.

    Raises:
        InvalidKey: if it is empty, absolute or too long, has an empty segment, `.` or `..`, a control character or a
            lone surrogate, or begins with a dot (the local store keeps its own folders there).
    """
    if problem := _problem(key):
        raise InvalidKey(f"{key!r} is no key: {problem}; make keys with customs_storage.layout")
    return key


def check_folder(prefix: str) -> str:
    """Return the prefix if it names a folder: empty, or a key and a slash.

    Raises:
        InvalidKey: if not.
    """
    if prefix:
        if not prefix.endswith("/"):
            raise InvalidKey(f"{prefix!r} is no folder: it does not end in '/'")
        check_key(prefix[:-1])
    return prefix


def check_prefix(prefix: str) -> str:
    """Return the prefix, any text that a key may begin with, if its whole segments could be a key's.

    Raises:
        InvalidKey: if not.
    """
    folder, slash, _ = prefix.rpartition("/")
    if slash:
        check_key(folder)
    return prefix


def _problem(key: str) -> str | None:
    try:
        encoded = key.encode("utf-8")
    except UnicodeEncodeError:
        return "it cannot be written in UTF-8"
    if len(encoded) > MAX_KEY_BYTES:
        return f"it has {len(encoded)} bytes of {MAX_KEY_BYTES} allowed"
    if any(unicodedata.category(character) == "Cc" for character in key):
        return "it has a control character"
    if key.startswith("."):
        return "it begins with a dot"
    for segment in key.split("/"):
        if segment in ("", ".", ".."):
            return f"its segment {segment!r} is empty or climbs"
        if len(segment.encode("utf-8")) > MAX_SEGMENT_BYTES:
            return f"a segment has more than {MAX_SEGMENT_BYTES} bytes"
    return None
