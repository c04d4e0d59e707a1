"""One byte sequence per JSON value, so that equal records have equal hashes."""

from __future__ import annotations

import json
from typing import TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


def canonical_json(value: Json) -> bytes:
    """Return the value as UTF-8 JSON with sorted keys, no white space and a line feed at the end.

    The form of RFC 8785 for values without floats; NaN and infinities, which JSON has no word for, are refused.

    Raises:
        ValueError: if a number is not finite.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8") + b"\n"
